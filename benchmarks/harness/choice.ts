/** The words of a command line, as plans. Owns: the flags, and how much a full, a scale and a smoke run do. */
import { parseArgs } from "node:util"
import { type Engine, find } from "../../test/harness/launch.ts"
import { type System, systems } from "../drivers/systems.ts"
import { scaleScenarios } from "../scale-scenarios.ts"
import type { Counts, Scenario } from "../scenario.ts"
import { scenarios } from "../scenarios.ts"
import { columnOf, type Contender, type Plan } from "./rounds.ts"

const full: Counts = {
  documents: 10_000,
  puts: 200,
  strictPuts: 100,
  concurrent: 500,
  gets: 1_000,
  updates: 1_000,
  blocking: 5_000,
  queries: 20,
  pageSize: 50,
  livePuts: 100,
  mounted: 1_000,
  edits: 5_000,
  shared: 10_000,
  sharedMany: 100_000,
  sharedEdits: 30,
  repeats: 3,
  coldLoads: 2,
  budgetMs: 2_000,
  pauseMs: 200,
}

/** Enough to see that each driver does each scenario; its figures mean nothing. */
const tiny: Counts = {
  documents: 130,
  puts: 2,
  strictPuts: 1,
  concurrent: 3,
  gets: 4,
  updates: 4,
  blocking: 6,
  queries: 1,
  pageSize: 1,
  livePuts: 1,
  mounted: 2,
  edits: 20,
  shared: 30,
  sharedMany: 60,
  sharedEdits: 2,
  repeats: 1,
  coldLoads: 1,
  budgetMs: 1,
  pauseMs: 0,
}

const sizes = [10_000, 100_000, 1_000_000]
const patient = { quietMs: 2_500, commandMs: 40_000, restMs: 3_000 }
const veryPatient = { ...patient, quietMs: 5_000, commandMs: 1_800_000 }
const hasty = { quietMs: 100, commandMs: 180_000, restMs: 0 }

/** What `--help` prints. */
export const usage = `npm run bench -- [--engine chromium|firefox|webkit|all] [--rounds 3] [--peer-rounds 1]
           [--systems ${systems.map(({ id }) => id).join(",")}]
           [--scenarios id,...]  only these and what they need; nothing is kept
           [--scale [--sizes ${sizes.join(",")}]]  one system as its data grows, Fixpoint unless --systems
           [--smoke]  a tiny run that checks each driver, or those of --systems; nothing is kept
           [--report]  runs nothing: writes tables and plots of the newest kept results
           [--check]  runs nothing: compares the newest kept results with goals.json; exit code 1 if one is missed`

/** The plans, one for each engine. */
export interface Choice {
  readonly plans: readonly Plan[]
  /** What came from all systems and all scenarios is kept. */
  readonly isWhole: boolean
  /** Engines that were asked for and are not on this machine. */
  readonly missing: readonly Engine[]
}

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
  return chosen
}

/** A whole number of a flag. */
function numberOf(flag: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag} takes a whole number from 1`)
  return value
}

function bySize(chosen: readonly System[], chosenSizes: readonly number[], rounds: number): Contender[] {
  return chosenSizes.flatMap((documents) =>
    chosen.map((system) => {
      const column = columnOf(system)
      const label = `${column.label}, ${documents.toLocaleString("en")}`
      const counts = { ...full, documents }
      return { column: { ...column, id: `${system.id}@${documents}`, label }, system, counts, rounds }
    }),
  )
}

/** Those that are named, and those that leave what they read; all without names. */
function chosenScenarios(all: readonly Scenario[], names: string | undefined): readonly Scenario[] {
  if (!names) return all
  const wanted = new Set(names.split(","))
  for (const scenario of all.toReversed()) if (wanted.has(scenario.id) && scenario.needs) wanted.add(scenario.needs)
  const unknown = [...wanted].filter((name) => !all.some(({ id }) => id === name))
  if (unknown.length > 0)
    throw new Error(`no scenario ${unknown.join(", ")}; there are ${all.map(({ id }) => id).join(", ")}`)
  return all.filter(({ id }) => wanted.has(id))
}

const text = { type: "string" } as const
const flag = { type: "boolean" } as const
const texts = { engine: text, systems: text, rounds: text, "peer-rounds": text, scenarios: text, sizes: text }

/** Reads a command line that asks for figures. */
export function choiceOf(args: readonly string[]): Choice {
  const { values } = parseArgs({ args: [...args], options: { ...texts, scale: flag } })
  const engines = chosenEngines(values.engine ?? "chromium")
  const chosenSizes = values.sizes?.split(",").map((size) => numberOf("sizes", size, 0)) ?? sizes
  const isScale = values.scale ?? false
  const rounds = numberOf("rounds", values.rounds, isScale ? 1 : 3)
  const peerRounds = Math.min(rounds, numberOf("peer-rounds", values["peer-rounds"], 1))
  const chosen = chosenSystems(values.systems ?? (isScale ? "fixpoint" : undefined))
  const contenders = isScale
    ? bySize(chosen, chosenSizes, rounds)
    : chosen.map((system) => {
        const isMain = system.isMain ?? chosen.length < systems.length
        return { column: columnOf(system), system, counts: full, rounds: isMain ? rounds : peerRounds }
      })
  const plans = engines
    .filter((engine) => find(engine))
    .map(
      (engine): Plan => ({
        kind: isScale ? "scale" : "compare",
        engine,
        rounds,
        counts: full,
        scenarios: chosenScenarios(isScale ? scaleScenarios : scenarios, values.scenarios),
        contenders,
        patience: isScale ? veryPatient : patient,
      }),
    )
  const isWhole = !values.scenarios && !values.systems && !values.sizes
  return { plans, isWhole, missing: engines.filter((engine) => !find(engine)) }
}

/** One tiny round in Chromium, of all systems unless some are named. */
export const smokePlan = (names?: string): Plan => ({
  kind: "compare",
  engine: "chromium",
  rounds: 1,
  counts: tiny,
  scenarios,
  contenders: chosenSystems(names).map((system) => ({ column: columnOf(system), system, counts: tiny, rounds: 1 })),
  patience: hasty,
  isBrief: true,
})
