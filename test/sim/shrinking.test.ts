// A run that fails comes down to what it takes, and tells what happened.
import { type EngineSimulationOptions, shrink, simulateEngines, SimulationFailure } from "@fixpoint/testkit/simulation"
import { expect, test, vi } from "vitest"
import { smallest } from "./run-seeds.ts"

vi.setConfig({ testTimeout: 120_000 })

const failureOf = (options: EngineSimulationOptions): Promise<Error> =>
  simulateEngines(options).then(
    () => {
      throw new Error("this was to fail")
    },
    (error: unknown) => error as Error,
  )

test("a failure that needs neither steps nor trouble is left with one step and none", async () => {
  const options: EngineSimulationOptions = {
    seed: 5,
    steps: 30,
    sabotage: ({ bucket }) => bucket.published.packs.clear(),
  }
  const failure = await failureOf(options)
  expect(failure).toBeInstanceOf(SimulationFailure)
  const { trace } = failure as SimulationFailure
  expect(trace.length).toBeGreaterThan(5)
  expect(trace[0]).toMatch(/^ +\d+\.\d{3} s {2}(?:calm|step \d+) +[A-Z]? {2}\S/)
  const { form, failure: last } = await smallest({ form: options, failure })
  expect(form.steps).toBe(1)
  expect(form.without).toContain("kill")
  expect(last.message).toMatch(/^I4:/)
  expect(await failureOf(form)).toEqual(last)
})

test("what is needed stays, and another failure is not taken for this one", async () => {
  const attempt = async ({ steps, without = [] }: { readonly steps: number; readonly without?: readonly string[] }) => {
    if (steps < 13) return new Error("O10: another")
    return without.includes("wipe") ? undefined : new Error(`I5: after ${steps}`)
  }
  const whole = { form: { steps: 100 }, failure: new Error("I5: lost") }
  const { form, failure } = await shrink(whole, ["kill", "wipe", "clock"], attempt)
  expect([form, failure.message]).toEqual([{ steps: 13, without: ["kill", "clock"] }, "I5: after 13"])
})
