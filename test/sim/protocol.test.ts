// The bucket protocol over model replicas: devices that fail, sleep, are restored and copied; one seed, one run.
import { expect, test, vi } from "vitest"
import { simulate } from "@fixpoint/testkit"
import { runSeeds, seedsOf } from "./run-seeds.ts"

vi.setConfig({ testTimeout: 300_000 })

test("devices with every fault come to what was published", async () => {
  const sums = await runSeeds("plain", seedsOf("plain", 1, 100))
  for (const what of ["sync", "base", "run", "gc", "evict", "kill", "power", "restore"])
    expect([what, (sums.get(what) ?? 0) > 0]).toEqual([what, true])
})

test("copies of a device at work beside it come to it too", async () => {
  const sums = await runSeeds("clones", seedsOf("clones", 10_001, 50))
  expect(sums.get("clone")).toBeGreaterThan(0)
})

test("a bucket that cannot keep a second object out is enough", async () => {
  await runSeeds("poor", seedsOf("poor", 20_001, 50))
})

test("a seed gives one run", async () => {
  expect(await simulate({ seed: 7, steps: 200 })).toEqual(await simulate({ seed: 7, steps: 200 }))
})
