// The bucket protocol over model replicas: devices that fail, sleep, are restored and ended; one seed, one run.
import { expect, test, vi } from "vitest"
import { simulate } from "@fixpoint/testkit"
import { runSeeds, seedsOf, timeoutMs } from "./run-seeds.ts"

vi.setConfig({ testTimeout: timeoutMs })

test("devices with every fault come to what was published", async () => {
  const sums = await runSeeds("plain", seedsOf("plain", 1, 1000))
  for (const what of ["sync", "announce", "base", "run", "gc", "evict", "kill", "power", "restore"])
    expect([what, (sums.get(what) ?? 0) > 0]).toEqual([what, true])
})

test("a seed gives one run", async () => {
  expect(await simulate({ seed: 7, steps: 200 })).toEqual(await simulate({ seed: 7, steps: 200 }))
})
