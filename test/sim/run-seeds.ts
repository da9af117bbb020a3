/**
 * Runs of many seeds. Owns: which seeds are run, how a failing one is told, and where it is kept (seeds.json).
 * `FIXPOINT_SEED` runs one seed, `FIXPOINT_SEEDS` that many more than a test run does (`npm run soak`).
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { simulate } from "@fixpoint/testkit"
import {
  type EngineSimulationOptions,
  shrink,
  type Shrunk,
  simulateEngines,
  SimulationFailure,
  troubleKinds,
} from "@fixpoint/testkit/simulation"

type Counts = Readonly<Record<string, number>>

type Form = Omit<EngineSimulationOptions, "seed">

const steps = 220

const ofModels = async (options: Parameters<typeof simulate>[0]): Promise<Counts[]> => {
  const { counts, alarms } = await simulate(options)
  return [counts, alarms]
}

/** The protocol over models of databases. */
const models = {
  plain: (seed: number) => ofModels({ seed, steps }),
  clones: (seed: number) => ofModels({ seed, steps, clones: true }),
  poor: (seed: number) => ofModels({ seed, steps, createIfAbsent: false }),
} as const satisfies Readonly<Record<string, (seed: number) => Promise<readonly Counts[]>>>

/** Whole engines. */
const engines = {
  engines: { steps: 40 },
  // What comes of several restores, or of a loss that was mended, takes longer to show.
  longEngines: { steps: 160 },
  fileEngines: { steps: 120, about: "files" },
  tidiedEngines: { steps: 100, about: "upkeep" },
  // Copies of a device are told apart by what a bucket refuses to replace.
  poorEngines: { steps: 40, createIfAbsent: false, without: ["clone", "restore"] },
} as const satisfies Readonly<Record<string, Form>>

const isOfEngines = (kind: Kind): kind is keyof typeof engines => kind in engines

async function run(kind: Kind, seed: number): Promise<readonly Counts[]> {
  return isOfEngines(kind) ? [(await simulateEngines({ ...engines[kind], seed })).counts] : models[kind](seed)
}

/** A kind of run. */
export type Kind = keyof typeof models | keyof typeof engines

/** For the seeds of a test run on a busy machine; a night takes what it takes. */
export const timeoutMs = process.env["FIXPOINT_SEEDS"] === undefined ? 900_000 : 24 * 60 * 60 * 1000

const file = join(import.meta.dirname, "seeds.json")

const kept = (): Record<Kind, number[]> => JSON.parse(readFileSync(file, "utf8")) as Record<Kind, number[]>

/** The seeds that once failed, then `count` others from `first` on. */
export function seedsOf(kind: Kind, first: number, count: number): number[] {
  const { FIXPOINT_SEED: one, FIXPOINT_SEEDS: more = "0" } = process.env
  if (one !== undefined) return [Number(one)]
  return [...kept()[kind], ...Array.from({ length: count + Number(more) }, (_, i) => first + i)]
}

/** How many files have the seeds of whole engines among them: each has a core of its own where there is one. */
const engineShares = 3

/** One file's share of the seeds of whole engines; a single seed is run by each. */
export function engineSeeds(share: 1 | 2 | 3): number[] {
  const seeds = seedsOf("engines", 1, 1_850)
  return seeds.length === 1 ? seeds : seeds.filter((_, i) => i % engineShares === share - 1)
}

/** Runs seeds, and gives what has happened in all of them. A failing one is told, and kept. */
export async function runSeeds(kind: Kind, seeds: readonly number[]): Promise<Map<string, number>> {
  const sums = new Map<string, number>()
  const before = process.cpuUsage()
  for (const seed of seeds) {
    try {
      for (const counts of await run(kind, seed))
        for (const [what, count] of Object.entries(counts)) sums.set(what, (sums.get(what) ?? 0) + count)
    } catch (cause) {
      keep(kind, seed)
      if (isOfEngines(kind) && cause instanceof SimulationFailure) await explain({ ...engines[kind], seed }, cause)
      throw new Error(`seed ${seed} (${kind}) fails; FIXPOINT_SEED=${seed} replays it`, { cause })
    }
  }
  const { user, system } = process.cpuUsage(before)
  const msEach = (user + system) / 1000 / Math.max(1, seeds.length)
  process.stdout.write(`simulation ${kind}: ${seeds.length} seeds, ${msEach.toFixed(0)} ms of CPU time each\n`)
  return sums
}

/** What a failing run comes down to, and what happens in it. */
async function explain(options: EngineSimulationOptions, failure: SimulationFailure): Promise<void> {
  const { form, failure: last } = await smallest({ form: options, failure })
  const { seed, steps, without = [] } = form
  const left = troubleKinds.filter((kind) => !without.includes(kind))
  const lines = last instanceof SimulationFailure ? last.trace : []
  const summary = `seed ${seed} fails after ${steps} steps too, with ${left.join(", ") || "no trouble"}: ${last.message}`
  process.stdout.write(`${[summary, ...lines].join("\n")}\n`)
}

/** The smallest form of a run that fails. */
export function smallest(failing: Shrunk<EngineSimulationOptions>): Promise<Shrunk<EngineSimulationOptions>> {
  return shrink(failing, troubleKinds, (form) =>
    simulateEngines(form).then(
      () => undefined,
      (error: unknown) => error as Error,
    ),
  )
}

/** What a fault that was put in on purpose fails with is no seed to keep. */
function keep(kind: Kind, seed: number): void {
  if (process.env["FIXPOINT_MUTANT"] !== undefined) return
  const seeds = kept()
  if (seeds[kind].includes(seed)) return
  seeds[kind].push(seed)
  writeFileSync(file, `${JSON.stringify(seeds, undefined, 2)}\n`)
}
