// Each driver does each scenario and gives right answers; how fast is not a matter for a test.
import { expect, test } from "vitest"
import { find } from "../test/harness/launch.ts"
import { shortcomings, smoke } from "./harness/main.ts"
import { scenarios } from "./scenarios.ts"

test.skipIf(!find("chromium"))("every benchmark driver works", { timeout: 600_000 }, async () => {
  const result = await smoke("sources", () => undefined)
  expect(shortcomings(result)).toEqual([])
  expect(result.rows.map(({ id }) => id)).toEqual(scenarios.flatMap(({ metrics }) => metrics.map(({ id }) => id)))
})
