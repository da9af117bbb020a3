import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FixpointError } from "fixpoint"
import { fixpoint } from "fixpoint/edge"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { describeFacade } from "./suite.ts"
import { refusal } from "./suite/case.ts"

const folder = mkdtempSync(join(tmpdir(), "fixpoint-files-"))
const before = process.env["FIXPOINT_HOME"]
const beforeIndexedDB = globalThis.indexedDB
beforeAll(() => {
  process.env["FIXPOINT_HOME"] = join(folder, "home")
})
afterAll(() => {
  if (before === undefined) delete process.env["FIXPOINT_HOME"]
  else process.env["FIXPOINT_HOME"] = before
  rmSync(folder, { recursive: true, force: true })
})

describe("fixpoint/edge over files", () =>
  describeFacade((options, name = crypto.randomUUID()) =>
    fixpoint(name, { storage: { fs: join(folder, "data") }, ...options }),
  ))

describe("a process", () => {
  test("keeps device keys and sentinels outside of the data, and removes them with it", async () => {
    process.env["FIXPOINT_HOME"] = join(folder, "kept-home")
    const db = fixpoint("kept", { storage: { fs: join(folder, "kept") } })
    await db.put({ _id: "a" }, { durability: "strict" })
    expect(db.status.persistence).toBe("fs")
    await db.close()
    expect(readdirSync(join(folder, "kept"))).toEqual(["kept"])
    const kept = () => ["keys", "sentinel"].map((kind) => readdirSync(join(folder, "kept-home", kind)).length)
    expect(kept()).toEqual([1, 1])
    const again = fixpoint("kept", { storage: { fs: join(folder, "kept") } })
    await again.destroy()
    expect(kept()).toEqual([0, 0])
    process.env["FIXPOINT_HOME"] = join(folder, "home")
  })

  test("two folders are two devices, and a folder that was emptied is lost, not new", async () => {
    const place = join(folder, "device")
    const db = fixpoint("one", { storage: { fs: place } })
    await db.put({ _id: "a" }, { durability: "strict" })
    const other = fixpoint("one", { storage: { fs: join(folder, "other") } })
    expect(await other.get("a")).toBeUndefined()
    await other.close()
    await db.close()
    rmSync(place, { recursive: true })
    const again = fixpoint("one", { storage: { fs: place } })
    expect(await refusal(() => again.ready())).toBe("STORE_LOST")
    await again.destroy()
    const anew = fixpoint("one", { storage: { fs: place } })
    await anew.ready()
    await anew.close()
  })

  test("without IndexedDB, data is in files below FIXPOINT_HOME", async () => {
    Object.assign(globalThis, { indexedDB: undefined })
    delete (globalThis as { indexedDB?: unknown }).indexedDB
    try {
      const db = fixpoint("a/b.c")
      await db.put({ _id: "a" })
      expect(db.status).toMatchObject({ persistence: "fs", error: undefined })
      await db.close()
      expect(readdirSync(join(folder, "home", "data"))).toEqual(["a%2Fb%2ec"])
    } finally {
      globalThis.indexedDB = beforeIndexedDB
    }
  })

  test("has no worker", () => {
    expect(() => fixpoint("a", { worker: () => undefined as unknown as Worker })).toThrow(FixpointError)
  })
})
