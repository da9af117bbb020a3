// Each driver does each scenario and gives right answers; how fast is not a matter for a test.
import { expect, test } from "vitest"
import { find } from "../test/harness/launch.ts"
import { systems } from "./drivers/systems.ts"
import { smoke } from "./harness/main.ts"
import { scenarios } from "./scenarios.ts"

test.skipIf(!find("chromium"))("every benchmark driver works", { timeout: 90_000 }, async () => {
  const { rows } = await smoke("sources", () => undefined)
  const missing = rows.flatMap(({ id, figures, cannot }) =>
    systems
      .filter((system) => !cannot[system.id] && !Number.isFinite(figures[system.id]?.median))
      .map((system) => `${system.id} ${id}`),
  )
  expect(missing).toEqual([])
  expect(rows.map(({ id }) => id)).toEqual(scenarios.flatMap(({ metrics }) => metrics.map(({ id }) => id)))
})
