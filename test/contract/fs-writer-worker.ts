// A process that writes to a store over files until it is killed or done. Prints "a <n>" for each record that was
// acknowledged and "m <version>" for each manifest.
import { openFsStore } from "../../packages/core/src/lsm/fs-store.ts"
import { blocksOf, manifestOf, recordOf, segmentsOf } from "./fs-pattern.ts"

const [directory = "", writer = "0", count = "1e9", slack = "1"] = process.argv.slice(2)
const store = await openFsStore({ directory, journalSlackBytes: Number(slack) })
const print = (line: string) => process.stdout.write(`${line}\n`)

/** Puts a new segment in the place of the oldest of five, and trims the log behind the newest records. */
async function publish(head: number): Promise<void> {
  const base = await store.readManifest()
  const version = (base?.version ?? 0) + 1
  const segments = segmentsOf(base?.bytes)
  const kept = segments.slice(segments.length > 4 ? 1 : 0)
  const fresh = version * 10 + Number(writer)
  const outcome = await store.commit({
    durability: "relaxed",
    manifest: manifestOf(version, [...kept, fresh]),
    blocks: blocksOf(fresh),
    dropSegments: segments.slice(0, segments.length - kept.length),
    trimLogThrough: head - 5,
  })
  if (outcome === "committed") print(`m ${version}`)
}

for (let done = 0; done < Number(count); ) {
  const { head } = await store.readPosition()
  const durability = head % 13 === 0 ? "strict" : "relaxed"
  const outcome = await store.commit({ durability, append: recordOf(head + 1, Number(writer)) })
  if (outcome === "committed") {
    done++
    print(`a ${head + 1}`)
  }
  if (head % 7 === 3) await publish(head)
}
await store.close()
