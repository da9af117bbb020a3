// Conflicts on their way through a bucket: who hears of them in a base or a run lists them like who got each pack.
import { createMemoryDisk, type WriteOp } from "@fixpoint/core"
import { memory, memoryBucket } from "@fixpoint/gateways/memory"
import { SeededWorld } from "@fixpoint/testkit"
import { expect, test } from "vitest"
import type { Bytes } from "../../packages/core/src/base/bytes.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { createSpaceKeys } from "../../packages/core/src/crypto/space-keys.ts"
import { Machine } from "../../packages/core/src/sync/machine.ts"
import { createSpaceCodec } from "../../packages/core/src/sync/space-codec.ts"
import { secretOf } from "./bench.ts"
import { openTab, type Tab } from "./replicas.ts"

const put = (id: string, document: object): WriteOp => ({
  op: "put",
  collection: "c",
  id,
  text: JSON.stringify(document),
})
const set = (id: string, path: string, value: number): WriteOp => ({
  op: "patch",
  collection: "c",
  id,
  entries: [[path, value]],
})

interface Device {
  readonly tab: Tab
  readonly machine: Machine
  write(...ops: readonly WriteOp[]): Promise<void>
}

/** Devices at one bucket. */
function place() {
  const world = new SeededWorld(11)
  const bucket = memoryBucket()
  const device = async (): Promise<Device> => {
    const tab = await openTab(world, createMemoryDisk())
    const host = world.host()
    const root = await importRoot(host.crypto, secretOf(1) as Bytes)
    const codec = createSpaceCodec({ host, keys: await createSpaceKeys(host.crypto, root, "conflicts") })
    const machine = new Machine({
      replica: tab.replica,
      gateway: memory(bucket),
      codec,
      host,
      remote: "m",
      packRetentionMs: 0,
    })
    const write = async (...ops: readonly WriteOp[]) => {
      await world.advance(10)
      await tab.write(ops)
    }
    return { tab, machine, write }
  }
  const names = async (kind: string) =>
    (await memory(bucket).list("")).keys.filter(({ key }) => key.includes(`/p/${kind}/`))
  return { world, device, names }
}

const meet = async (...devices: readonly Device[]) => {
  for (let round = 0; round < 2; round++)
    for (const { machine } of devices) {
      machine.lookAgain()
      await machine.sync()
    }
}

/** Two devices that have written one field, and one of which has deleted what the other wrote to, at once. */
async function rivals() {
  const at = place()
  const [a, b] = [await at.device(), await at.device()]
  await a.write(put("field", { x: 1, y: 1 }), put("gone", { x: 1 }), put("calm", { x: 1 }), put("done", { x: 1 }))
  await meet(a, b)
  await a.write(set("field", "x", 2), set("gone", "x", 2), set("done", "x", 2))
  await b.write(set("field", "x", 3), { op: "delete", collection: "c", id: "gone" }, set("done", "x", 3))
  await meet(a, b)
  await a.write(set("done", "x", 4))
  await meet(a, b)
  return { ...at, a, b }
}

const lists = async ({ tab }: Device) => await Promise.all(["field", "gone", "calm", "done"].map((id) => tab.lost(id)))

/** Decides for the loser of the field that two devices have written. */
async function giveBack({ tab }: Device): Promise<void> {
  const [lost] = await tab.lost("field")
  const stamp = lost?.authors.loser.stamp ?? ""
  await tab.resolve("field", { path: "x", isDocument: false, stamp, choice: "loser", durability: undefined })
}

test("a device that begins with a base lists what one lists that got each pack", async () => {
  const { a, b, device, names } = await rivals()
  await a.machine.compact("base")
  await a.machine.collectGarbage()
  expect(await names("0")).toHaveLength(0)
  const late = await device()
  await meet(late)
  expect(await lists(late)).toEqual(await lists(a))
  expect(await lists(late)).toEqual(await lists(b))
  expect((await lists(late)).map((one) => one.length)).toEqual([1, 1, 0, 0])
  expect((await late.tab.lost("field"))[0]).toMatchObject({ path: "x", winner: 3, loser: 2 })
  await giveBack(late)
  await meet(late, a, b)
  for (const { tab } of [a, b, late]) {
    expect(await tab.document("c", "field")).toMatchObject({ x: 2 })
    expect(await tab.lost("field")).toEqual([])
  }
})

test("a device that was away and comes back to a base or a run lists it too, and lets go what was decided meanwhile", async () => {
  for (const kind of ["base", "run"] as const) {
    const { a, b, device } = await rivals()
    const away = await device()
    await meet(away)
    await a.machine.compact("base")
    await a.write(set("calm", "x", 5))
    await b.write(set("calm", "x", 6))
    await meet(a, b)
    await giveBack(b)
    await meet(b, a)
    await a.machine.compact(kind)
    await a.machine.collectGarbage()
    await meet(away)
    expect((await lists(away)).map((one) => one.length)).toEqual([0, 1, 1, 0])
    expect(await lists(away)).toEqual(await lists(a))
  }
})
