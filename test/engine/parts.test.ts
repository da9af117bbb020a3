// Parts that an engine loads on demand: nothing is loaded before it is used, and a load that fails costs that call alone.
import { expect, test } from "vitest"
import { parts } from "./parts.ts"
import { createBench } from "./bench.ts"

test("a check whose part does not load says so, the database serves on, and the next check loads it", async () => {
  const loads: string[] = []
  const bench = createBench({
    loaders: {
      check: async () => {
        if (loads.push("check") === 1) throw new TypeError("Failed to fetch")
        return await parts.check()
      },
    },
  })
  const engine = await bench.open()
  await engine.write([{ op: "put", collection: "notes", id: "a", text: "{}" }])
  expect(loads).toEqual([])
  await expect(engine.check({ deep: true })).rejects.toMatchObject({ code: "PART_UNAVAILABLE", kind: "unavailable" })
  expect(await engine.get("notes", ["a"])).toMatchObject([{ id: "a" }])
  expect(await engine.check({ deep: true })).toMatchObject({ ok: true, logRecords: 1 })
  expect(await engine.check({ deep: false })).toMatchObject({ ok: true })
  expect(loads).toEqual(["check", "check"])
})
