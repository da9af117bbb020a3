import { expect, test } from "vitest"
import { isFixpointError } from "./errors.ts"
import { onDemand } from "./on-demand.ts"

test("a part is loaded by its first use, and once", async () => {
  let loads = 0
  const part = onDemand("check", async () => ({ number: ++loads }))
  expect(loads).toBe(0)
  expect(await Promise.all([part(), part()])).toEqual([{ number: 1 }, { number: 1 }])
  expect(await part()).toBe(await part())
  expect(loads).toBe(1)
})

test("a load that fails is a coded error for all who wait, and the next use tries again", async () => {
  let loads = 0
  const part = onDemand("check", async () => {
    if (++loads === 1) throw new TypeError("Failed to fetch")
    return "here"
  })
  const outcomes = await Promise.allSettled([part(), part()])
  for (const outcome of outcomes) {
    const error: unknown = outcome.status === "rejected" && outcome.reason
    if (!isFixpointError(error, "PART_UNAVAILABLE")) throw error
    expect(error.details).toEqual({ part: "check", reason: "TypeError: Failed to fetch" })
    expect(error.retryable).toBe(true)
  }
  expect(await part()).toBe("here")
  expect(loads).toBe(2)
})
