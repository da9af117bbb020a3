// A database that an earlier build of this version wrote opens, whole, on every platform, and takes writes.
import { expect, test } from "vitest"
import { contentsOf, diskFromJson, type GoldenDatabase, makeDatabase, openOver } from "./database.ts"
import json from "./database.json" with { type: "json" }

const golden = json as unknown as GoldenDatabase

test("everything in it is read, and its check finds nothing", async () => {
  const engine = openOver(diskFromJson(golden.disk))
  expect(await contentsOf(engine, golden.contents.cursor)).toEqual(golden.contents)
  expect(await engine.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
  await engine.close()
})

test("it takes writes, is compacted, and is read again", async () => {
  const disk = diskFromJson(golden.disk)
  const engine = openOver(disk)
  await engine.write([{ op: "increment", collection: "tasks", id: "task-1", path: "votes", by: 1 }])
  await engine.write([{ op: "put", collection: "tasks", id: "new", text: "{}" }])
  await engine.compact()
  await engine.close()
  const again = openOver(disk)
  const [task, added] = await again.get("tasks", ["task-1", "new"])
  expect(JSON.parse(task?.text ?? "")).toMatchObject({ title: "Task 1", votes: 2.5, meta: { tags: [5] } })
  expect(added?.text).toBe("{}")
  expect(await again.check({ deep: true })).toMatchObject({ ok: true, findings: [] })
  await again.close()
})

// The order of fields is free: a field that merges comes where the code of the day puts it.
const parsed = (pairs: readonly (readonly [id: string, text: string | null])[]) =>
  pairs.map(([id, text]) => [id, JSON.parse(text ?? "null") as unknown])

test("the same writes give the same contents today", async () => {
  const { contents } = await makeDatabase()
  for (const [collection, pairs] of Object.entries(golden.contents.documents))
    expect(parsed(contents.documents[collection] ?? [])).toEqual(parsed(pairs))
  expect(parsed(contents.changed)).toEqual(parsed(golden.contents.changed))
})
