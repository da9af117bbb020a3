import { expect, test } from "vitest"
import { Serial } from "./serial.ts"

test("work begins in the order of the calls, each after the one before, whether that failed or not", async () => {
  const serial = new Serial()
  const told: string[] = []
  const work = (name: string, fails: boolean) =>
    serial.run(async () => {
      told.push(`${name} begins`)
      await Promise.resolve()
      told.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  expect(serial.isBusy).toBe(false)
  const results = Promise.allSettled([work("a", false), work("b", true), work("c", false)])
  expect(serial.isBusy).toBe(true)
  expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"])
  expect(told).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"])
  await serial.idle()
  expect(serial.isBusy).toBe(false)
})
