// What each rule of the protocol is for: without it, a schedule ends in a state that must not be; with it, all end well.
import { describe, expect, test } from "vitest"
import { mutants } from "./mutants.ts"
import { schedules } from "./schedules.ts"

describe.each(Object.values(schedules))("$name", ({ run }) => {
  test("ends well", async () => {
    await run({})
  })
})

test.each(mutants)("$rule: $what, and it is caught", async ({ options, schedule }) => {
  await expect(schedules[schedule].run(options)).rejects.toThrow(/^I\d/)
})
