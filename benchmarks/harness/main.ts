/** The command line of the benchmarks. Owns: the flags, and how much a full, a scale and a smoke run do. */
import { parseArgs } from "node:util"
import { type Engine, find } from "../../test/harness/launch.ts"
import { type System, systems } from "../drivers/systems.ts"
import { scaleScenarios } from "../scale-scenarios.ts"
import type { Counts } from "../scenario.ts"
import { scenarios } from "../scenarios.ts"
import { explain, type Goal, judge, readGoals } from "./goals.ts"
import { tableOf, writeReport } from "./report.ts"
import { keep, newestKept, type Result } from "./result.ts"
import { columnOf, type Contender, type Plan, type Progress, runRounds } from "./rounds.ts"
import { buildPage, type Origin, PageServer } from "./server.ts"

const full: Counts = {
  documents: 10_000,
  puts: 220,
  strictPuts: 110,
  concurrent: 500,
  gets: 1_000,
  updates: 1_000,
  blocking: 5_000,
  livePuts: 55,
  repeats: 5,
  coldLoads: 3,
  pauseMs: 250,
}

/** Enough to see that each driver does each scenario; its figures mean nothing. */
const tiny: Counts = {
  documents: 120,
  puts: 4,
  strictPuts: 2,
  concurrent: 5,
  gets: 10,
  updates: 10,
  blocking: 20,
  livePuts: 3,
  repeats: 1,
  coldLoads: 1,
  pauseMs: 0,
}

const sizes = [10_000, 100_000, 1_000_000]
const patient = { quietMs: 4_000, commandMs: 180_000, restMs: 4_000 }
const say: Progress = (line) => void process.stdout.write(`${line}\n`)

const usage = `pnpm bench [--engine chromium|firefox|webkit|all] [--systems ${systems.map(({ id }) => id).join(",")}] [--rounds 5]
           [--scenarios id,...]  only these, after the one that fills the database; nothing is kept
           [--scale [--sizes ${sizes.join(",")}]]  one system as its data grows, Fixpoint unless --systems
           [--smoke]  a tiny run that checks each driver; nothing is kept
           [--check]  runs nothing: compares the newest kept results with goals.json; exit code 1 if one is missed`

function chosenSystems(names: string | undefined): readonly System[] {
  if (!names) return systems
  return names.split(",").map((name) => {
    const system = systems.find(({ id }) => id === name)
    if (!system) throw new Error(`no system ${name}; there are ${systems.map(({ id }) => id).join(", ")}`)
    return system
  })
}

function chosenEngines(name: string): Engine[] {
  const engines: Engine[] = ["chromium", "firefox", "webkit"]
  const chosen = engines.filter((engine) => name === "all" || name === engine)
  if (chosen.length === 0) throw new Error(`no engine ${name}; there are ${engines.join(", ")} and all`)
  const missing = chosen.filter((engine) => !find(engine))
  if (missing.length > 0) say(`left out, not on this machine: ${missing.join(", ")}`)
  return chosen.filter((engine) => find(engine))
}

const besideEachOther = (chosen: readonly System[], counts: Counts): Contender[] =>
  chosen.map((system) => ({ column: columnOf(system), system, counts }))

function bySize(chosen: readonly System[], chosenSizes: readonly number[]): Contender[] {
  return chosenSizes.flatMap((documents) =>
    chosen.map((system) => {
      const column = columnOf(system)
      const label = `${column.label}, ${documents.toLocaleString("en")}`
      return { column: { ...column, id: `${system.id}@${documents}`, label }, system, counts: { ...full, documents } }
    }),
  )
}

async function withServer<T>(from: Origin, work: (server: PageServer) => Promise<T>): Promise<T> {
  await buildPage(from)
  const server = await PageServer.start()
  try {
    return await work(server)
  } finally {
    await server.close()
  }
}

/** One tiny round in Chromium: resolves when each driver did each scenario it can do, and gave right answers. */
export function smoke(from: Origin, progress: Progress): Promise<Result> {
  const patience = { quietMs: 100, commandMs: 15_000, restMs: 0 }
  // The two Dexies differ by their schema alone.
  const contenders = besideEachOther(
    systems.filter(({ id }) => id !== "dexie-indexed"),
    tiny,
  )
  const plan: Plan = { kind: "compare", engine: "chromium", rounds: 1, counts: tiny, scenarios, contenders, patience }
  return withServer(from, (server) => runRounds(plan, server, progress))
}

/** Says how each goal stands; gives how many are missed. */
function sayVerdicts(results: readonly Result[], goals: readonly Goal[]): number {
  const verdicts = goals.map((goal) => judge(goal, results))
  for (const verdict of verdicts) say(explain(verdict))
  const missed = verdicts.filter(({ met }) => !met).length
  say(`${verdicts.length - missed} of ${verdicts.length} goals met`)
  return missed
}

interface Choice {
  readonly plans: readonly Plan[]
  /** All systems and scenarios: such a result is kept. */
  readonly isWhole: boolean
}

/** The words of a command line, as plans; one for each engine. */
function choiceOf(args: readonly string[]): Choice {
  const text = { type: "string" } as const
  const options = { engine: text, systems: text, rounds: text, scenarios: text, sizes: text }
  const { values } = parseArgs({ args: [...args], options: { ...options, scale: { type: "boolean" } } })
  const engines = chosenEngines(values.engine ?? "chromium")
  const chosenSizes = values.sizes?.split(",").map(Number) ?? sizes
  if (chosenSizes.some((size) => !Number.isInteger(size) || size < 1)) throw new Error("--sizes takes whole numbers")
  const wanted = values.scenarios?.split(",")
  const parts = values.scale
    ? {
        kind: "scale" as const,
        contenders: bySize(chosenSystems(values.systems ?? "fixpoint"), chosenSizes),
        list: scaleScenarios,
        patience: { ...patient, quietMs: 5_000, commandMs: 1_800_000 },
      }
    : {
        kind: "compare" as const,
        contenders: besideEachOther(chosenSystems(values.systems), full),
        list: scenarios,
        patience: patient,
      }
  const { list, ...rest } = parts
  const plans = engines.map((engine) => ({
    ...rest,
    engine,
    rounds: Number(values.rounds ?? (values.scale ? 2 : 5)),
    counts: full,
    scenarios: list.filter(({ id }, at) => !wanted || at === 0 || wanted.includes(id)),
  }))
  return { plans, isWhole: !wanted && !values.systems && !values.sizes }
}

async function measure(args: readonly string[]): Promise<void> {
  const { plans, isWhole } = choiceOf(args)
  const goals = readGoals()
  await withServer("built", async (server) => {
    for (const plan of plans) {
      const result = await runRounds(plan, server, say)
      say(`\n${tableOf(result, goals)}\n`)
      const { kind, engine } = plan
      sayVerdicts(
        [result],
        goals.filter((goal) => goal.kind === kind && goal.engine === engine),
      )
      if (isWhole) say(`kept as ${keep(result)}`)
    }
  })
  if (isWhole) writeReport(newestKept(), goals)
}

/** Runs what the command line asks for; gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args.includes("--help")) say(usage)
    else if (args.includes("--check")) return sayVerdicts(newestKept(), readGoals()) > 0 ? 1 : 0
    else if (args.includes("--smoke")) say(tableOf(await smoke("built", say), []))
    else await measure(args)
    return 0
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 1
  }
}
