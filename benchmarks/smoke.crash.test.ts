// Each driver does each scenario and gives right answers; how fast is not a matter for a test.
import { expect, test } from "vitest"
import { find } from "../test/harness/launch.ts"
import { smoke } from "./harness/main.ts"
import { scenarios } from "./scenarios.ts"

test.skipIf(!find("chromium"))("every benchmark driver works", { timeout: 90_000 }, async () => {
  const { rows, columns } = await smoke("sources", () => undefined)
  const missing = rows.flatMap(({ id, figures, cannot, isSparse }) =>
    (isSparse ? [] : columns)
      .filter((column) => !cannot[column.id] && !Number.isFinite(figures[column.id]?.median))
      .map((column) => `${column.id} ${id}`),
  )
  expect(missing).toEqual([])
  expect(rows.map(({ id }) => id)).toEqual(scenarios.flatMap(({ metrics }) => metrics.map(({ id }) => id)))
})
