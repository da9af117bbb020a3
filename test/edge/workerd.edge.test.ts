import { fixpoint } from "fixpoint/edge"
import { describe, expect, test } from "vitest"
import { describeFacade } from "../facade/suite.ts"

describe("fixpoint/edge in workerd", () =>
  describeFacade((options, name = crypto.randomUUID()) => fixpoint(name, { storage: { memory: "disk" }, ...options })))

test("a platform without storage keeps data in memory, and says so", async () => {
  const db = fixpoint(crypto.randomUUID())
  const told: string[] = []
  db.on("error", ({ code }) => told.push(code))
  await db.put({ _id: "a" })
  expect(db.status).toMatchObject({ state: "ready", persistence: "memory", error: { code: "STORE_UNAVAILABLE" } })
  expect(told).toEqual(["STORE_UNAVAILABLE"])
  await db.close()
})

test("storage that was asked for by name is not replaced by memory", async () => {
  const db = fixpoint(crypto.randomUUID(), { storage: "indexeddb" })
  await expect(db.ready()).rejects.toMatchObject({ code: "INVALID_ARGUMENT", details: { path: "storage" } })
  await db.close()
})
