// Every decoder against changed inputs: a value or a coded error, soon, and no prototype touched. `FIXPOINT_FUZZ=<seconds>` runs
// all of them for so long together, from a seed of the day (`npm run night`); FIXPOINT_SEED sets the seed.
import { describe, expect, test } from "vitest"
import { askedTargets } from "./asked-targets.ts"
import { corpusOf, keep } from "./corpus.ts"
import { type Failure, fuzz, judge, type Target } from "./fuzz.ts"
import { spaceTargets } from "./space-targets.ts"
import { storedTargets } from "./stored-targets.ts"

const targets = [...storedTargets, ...spaceTargets, ...askedTargets]
const secondsEach = Number(process.env["FIXPOINT_FUZZ"] ?? 0) / targets.length
const seed = Number(process.env["FIXPOINT_SEED"] ?? (secondsEach > 0 ? Math.floor(Date.now() / 86_400_000) : 1))
const shortRun = 3000

const shown = (target: Target, { input, why, cause }: Failure): Error => {
  const text = typeof input === "string" ? JSON.stringify(input) : Buffer.from(input).toString("hex")
  return new Error(`${target.name}: ${why}\n${text.slice(0, 2000)}`, { cause })
}

describe.each(targets.map((target) => [target.name, target] as const))("%s", (_, target) => {
  test("refuses or reads what once broke it", async () => {
    for (const input of corpusOf(target.name)) {
      const judged = await judge(target, input)
      if ("why" in judged) throw shown(target, judged)
    }
  })

  test("gives a value or a coded error for every change of its samples", {
    timeout: 30_000 + secondsEach * 2000,
  }, async () => {
    const endMs = Date.now() + secondsEach * 1000
    const executions = secondsEach > 0 ? Number.POSITIVE_INFINITY : Math.ceil(shortRun / target.weight)
    const isOver = secondsEach > 0 ? () => Date.now() > endMs : () => false
    const report = await fuzz(target, { seed, executions, isOver })
    if ("why" in report) {
      keep(target.name, report.input)
      throw shown(target, report)
    }
    expect(report.outcomes.size, "changes reach more than one outcome").toBeGreaterThanOrEqual(target.outcomesMin ?? 2)
    process.stdout.write(`fuzz ${target.name}: ${report.executions} executions, ${report.outcomes.size} outcomes\n`)
  })
})

describe("the judge", () => {
  const broken = (run: Target["run"]): Target => ({ name: "broken", samples: () => ["a"], weight: 1, run })
  const maxMs = 20
  const failureOf = async (run: Target["run"]) => {
    const judged = await judge(broken(run), "a", maxMs)
    return "why" in judged ? judged.why : undefined
  }

  test("notices an error without a code, a changed prototype, and work without bound", async () => {
    expect(await failureOf(() => JSON.parse("{"))).toContain("without a code")
    expect(
      await failureOf(() => {
        Object.defineProperty(Object.prototype, "polluted", { value: 1, configurable: true })
      }),
    ).toContain("prototype")
    Reflect.deleteProperty(Object.prototype, "polluted")
    expect(
      await failureOf(() => {
        const before = process.cpuUsage()
        while (process.cpuUsage(before).user < maxMs * 2000);
      }),
    ).toContain("CPU time")
  })

  test("lets a value pass", async () => {
    expect(await failureOf(() => "fine")).toBeUndefined()
  })
})
