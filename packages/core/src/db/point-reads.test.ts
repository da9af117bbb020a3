import { expect, test } from "vitest"
import { FixpointError } from "../base/errors.ts"
import { PointReads } from "./point-reads.ts"

test("reads of one turn are one read, and each gets its own rows", async () => {
  const calls: (readonly string[])[] = []
  const reads = new PointReads(async (keys) => {
    calls.push(keys)
    return keys.map((key) => (key === "none" ? undefined : key.toUpperCase()))
  })
  const answers = await Promise.all([reads.getMany(["a", "b"]), reads.getMany([]), reads.getMany(["none", "c"])])
  expect(answers).toEqual([["A", "B"], [], [undefined, "C"]])
  expect(await reads.getMany(["d"])).toEqual(["D"])
  expect(calls).toEqual([["a", "b", "none", "c"], ["d"]])
})

test("a read that fails takes no other along", async () => {
  const reads = new PointReads(async (keys) => {
    if (keys.includes("bad")) throw new FixpointError("BLOCK_CORRUPT")
    return [...keys]
  })
  const [good, bad] = await Promise.allSettled([reads.getMany(["good"]), reads.getMany(["bad"])])
  expect(good).toEqual({ status: "fulfilled", value: ["good"] })
  expect(bad).toMatchObject({ status: "rejected", reason: { code: "BLOCK_CORRUPT" } })
})
