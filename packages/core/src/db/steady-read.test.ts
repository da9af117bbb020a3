import { expect, test } from "vitest"
import { FixpointError } from "../base/errors.ts"
import { readSteadily } from "./steady-read.ts"

/** A read that fails with each error once, then gives a value. */
function failing(...errors: readonly FixpointError[]) {
  const seen = { reads: 0, catchUps: 0 }
  const read = async () => {
    const error = errors[seen.reads++]
    if (error !== undefined) throw error
    return "value"
  }
  const catchUp = async () => {
    seen.catchUps++
  }
  return { seen, run: () => readSteadily(read, catchUp) }
}

test.each([new FixpointError("CONFLICT"), new FixpointError("BLOCK_CORRUPT", undefined, { details: { actor: 3 } })])(
  "an overtaken read catches up and reads again",
  async (error) => {
    const { seen, run } = failing(error, error)
    expect(await run()).toBe("value")
    expect(seen).toEqual({ reads: 3, catchUps: 2 })
  },
)

test("damage is no reason to read again", async () => {
  const { seen, run } = failing(new FixpointError("BLOCK_CORRUPT"))
  await expect(run()).rejects.toMatchObject({ code: "BLOCK_CORRUPT" })
  expect(seen).toEqual({ reads: 1, catchUps: 0 })
})

test("what catching up does not cure is told", async () => {
  const { seen, run } = failing(...Array.from({ length: 9 }, () => new FixpointError("CONFLICT")))
  await expect(run()).rejects.toMatchObject({ code: "CONFLICT" })
  expect(seen.catchUps).toBe(3)
})
