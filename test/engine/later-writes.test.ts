// Two devices that write the same fields while they do not see each other: the later write stands on both, whoever made it.
import { memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"
import { attach, put, remoteOf, textOf } from "./remotes.ts"

test("of 200 fields that two have written at once, the later write stands in all 200", async () => {
  const bucket = memoryBucket()
  const benches = [createBench({ seed: 1 }), createBench({ seed: 2 })] as const
  const pass = async (ms: number): Promise<void> => {
    for (const { world } of benches) await world.advance(ms)
  }
  const meet = async (): Promise<void> => {
    for (let i = 0; i < 6; i++) await pass(10_000)
  }
  const devices = [
    await attach(await benches[0].open(), remoteOf(bucket)),
    await attach(await benches[1].open(), remoteOf(bucket)),
  ] as const
  await pass(5_000)
  for (let i = 0; i < 200; i++) await put(devices[0].engine, `d${i}`, { x: "before", of: i })
  await meet()
  for (const { link } of devices) link.pause()
  const later: number[] = []
  for (let i = 0; i < 200; i++) {
    // Neither is always the later one, whatever their names are.
    const second = (i * 7) % 3 === 0 ? 0 : 1
    for (const by of [1 - second, second] as const) {
      await pass(2)
      const entries: [string, string][] = [["x", `of ${by}`]]
      await devices[by as 0 | 1].engine.write([{ op: "patch", collection: "docs", id: `d${i}`, entries }])
    }
    later.push(second)
  }
  for (const { link } of devices) link.resume()
  await meet()
  for (const { engine } of devices)
    for (const [i, by] of later.entries())
      expect(JSON.parse((await textOf(engine, `d${i}`)) ?? "")).toEqual({ x: `of ${by}`, of: i })
  expect(new Set(later).size).toBe(2)
})
