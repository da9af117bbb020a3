// The sentinel is slow, and its writes may come in any order: it ends up with what was made durable last, before close resolves.
import {
  createEngine,
  createMemoryDisk,
  createMemoryStore,
  type Host,
  rawKeys,
  type SentinelRecord,
} from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import { SeededWorld } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import { parts } from "./parts.ts"
import { secretOf } from "./bench.ts"

const { text } = encodeDocument({ text: "a note" })

/** A sentinel whose first write takes longest. */
function slowSentinel(host: Host) {
  const kept: { record: SentinelRecord | undefined; writes: number } = { record: undefined, writes: 0 }
  const sentinel: Host["sentinel"] = {
    read: async () => kept.record,
    write: async (_, record) => {
      kept.writes++
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 60 - 20 * kept.writes)))
      kept.record = record
    },
    remove: async () => undefined,
  }
  return { kept, host: { ...host, sentinel } }
}

test("after a close the sentinel knows the last head, whatever its writes took", async () => {
  const { kept, host } = slowSentinel(new SeededWorld(1).host())
  const disk = createMemoryDisk()
  const engine = createEngine({
    name: "slow",
    host,
    openStore: async () => createMemoryStore(disk),
    destroyStorage: async () => undefined,
    keys: rawKeys(secretOf(1)),
    durability: "strict",
    collections: {},
    parts,
  })
  for (let n = 1; n <= 5; n++) {
    await engine.write([{ op: "put", collection: "notes", id: `${n}`, text }])
    expect(kept.record?.head ?? 0).toBeLessThanOrEqual(n)
  }
  await engine.close()
  expect(kept.record?.head).toBe(disk.log.at(-1)?.n)
  expect(kept.writes, "writes that come together are one").toBeLessThan(5)
})
