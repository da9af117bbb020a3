// The third share of the seeds of engines.seeds.test.ts.
import { expect, test, vi } from "vitest"
import { engineSeeds, runSeeds, timeoutMs } from "./run-seeds.ts"

vi.setConfig({ testTimeout: timeoutMs })

test("devices with every fault show what was published: share 3", async () => {
  const sums = await runSeeds("engines", engineSeeds(3))
  if (process.env["FIXPOINT_SEED"] === undefined) expect(sums.get("write")).toBeGreaterThan(0)
})
