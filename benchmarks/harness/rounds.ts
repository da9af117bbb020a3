/**
 * A comparison: systems in rounds, each on a fresh profile, in an order that turns by one each round.
 * Invariant: no system always goes first, and what disturbs the machine for a while disturbs them all. A system that fails a
 * scenario has the reason in its place, and goes on with the next.
 */
import type { Engine } from "../../test/harness/launch.ts"
import type { System } from "../drivers/systems.ts"
import type { Kind } from "../page/message.ts"
import type { Counts, Samples, Scenario } from "../scenario.ts"
import { environment, load, versionOf } from "./environment.ts"
import type { Column, Result, Row } from "./result.ts"
import type { PageServer } from "./server.ts"
import { type Patience, Session } from "./session.ts"
import { type Figure, figureOf } from "./statistic.ts"

/** A column of the table to be: a system with its counts, and how many of the rounds it takes part in. */
export interface Contender {
  readonly column: Column
  readonly system: System
  readonly counts: Counts
  readonly rounds: number
}

/** What to run. */
export interface Plan {
  readonly kind: Kind
  readonly engine: Engine
  readonly rounds: number
  readonly counts: Counts
  readonly scenarios: readonly Scenario[]
  readonly contenders: readonly Contender[]
  readonly patience: Patience
  /** One browser, few page loads: every answer is checked, and no figure means anything. */
  readonly isBrief?: true
}

/** Tells how far a run is. */
export type Progress = (line: string) => void

/** A system as a column. */
export const columnOf = ({ id, label, package: name, traits }: System): Column => ({
  id,
  label,
  version: versionOf(name),
  traits,
})

/** What one contender gave in one round. */
interface Told {
  readonly samples: Samples
  readonly failed: Readonly<Record<string, string>>
  readonly userAgent: string
}

const merged = (parts: readonly Samples[]): Samples => {
  const all: Record<string, number[]> = {}
  for (const part of parts)
    for (const [metric, samples] of Object.entries(part)) all[metric] = [...(all[metric] ?? []), ...samples]
  return all
}

/** The first line of what went wrong. */
const reasonOf = (error: unknown): string =>
  ((error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "").slice(0, 200)

/** Why a system has no figure of a scenario, if it has no means for it or for what it needs. */
const reasonAgainst = ({ cannot }: System, { id, needs }: Scenario): string | undefined =>
  cannot[id] ?? (needs ? cannot[needs] : undefined)

/** Scenarios that share a page load: each has one of its own, unless figures do not matter. */
function loadsOf({ isBrief, scenarios }: Plan, system: System): readonly (readonly Scenario[])[] {
  const loads: Scenario[][] = []
  for (const scenario of scenarios.filter((one) => !reasonAgainst(system, one))) {
    const last = loads.at(-1)
    if (isBrief && last && !scenario.startsLoad) last.push(scenario)
    else loads.push([scenario])
  }
  return loads
}

/** The browser of the turns: a new one for each, and for scenarios that lie apart. */
class Browsing {
  readonly #plan: Plan
  readonly #server: PageServer
  #session: Session | undefined

  constructor(plan: Plan, server: PageServer) {
    this.#plan = plan
    this.#server = server
  }

  get userAgent(): string {
    return this.#session?.userAgent ?? ""
  }

  /** Runs scenarios as often as they want to. */
  async perform({ system, counts }: Contender, scenarios: readonly Scenario[], progress: Progress): Promise<Samples> {
    const { kind, engine, patience, isBrief } = this.#plan
    const [first] = scenarios
    if (first?.isApart && !isBrief) await this.end()
    this.#session ??= await Session.start(engine, this.#server, patience)
    const session = this.#session
    const command = { kind, system: system.id, scenarios: scenarios.map(({ id }) => id), counts }
    const parts: Samples[] = []
    for (let at = 0; at < (first?.loads?.(counts) ?? 1); at++) {
      if (first?.restarts && !isBrief) await session.restart()
      parts.push(await session.perform(command, scenarios, progress))
    }
    return merged(parts)
  }

  /** After a failure: whatever the page still does ends. */
  async restart(): Promise<void> {
    await this.#session?.restart()
  }

  async end(): Promise<void> {
    await this.#session?.stop()
    this.#session = undefined
  }
}

/** What work gave, or why it did not. */
async function attempt(work: () => Promise<Samples>): Promise<{ samples: Samples } | { failure: string }> {
  try {
    return { samples: await work() }
  } catch (error) {
    return { failure: reasonOf(error) }
  }
}

/** All scenarios of one contender. */
async function turnOf(plan: Plan, contender: Contender, browsing: Browsing, progress: Progress): Promise<Told> {
  const parts: Samples[] = []
  const failed: Record<string, string> = {}
  for (const scenarios of loadsOf(plan, contender.system)) {
    const lost = scenarios.flatMap(({ needs }) => (needs && failed[needs] ? [failed[needs]] : []))[0]
    const outcome = lost ? { failure: lost } : await attempt(() => browsing.perform(contender, scenarios, progress))
    if ("samples" in outcome) {
      parts.push(outcome.samples)
      continue
    }
    for (const { id } of scenarios) failed[id] = outcome.failure
    if (lost) continue
    progress(`FAILED ${outcome.failure}`)
    await browsing.restart()
  }
  return { samples: merged(parts), failed, userAgent: browsing.userAgent }
}

function rowsOf(plan: Plan, told: ReadonlyMap<string, readonly Told[]>): Row[] {
  return plan.scenarios.flatMap((scenario) =>
    scenario.metrics.map((metric) => {
      const figures: Record<string, Figure> = {}
      const cannot: Record<string, string> = {}
      const failed: Record<string, string> = {}
      for (const { column, system } of plan.contenders) {
        const rounds = told.get(column.id) ?? []
        const figure = figureOf(
          metric,
          rounds.map(({ samples }) => samples),
        )
        if (figure) figures[column.id] = figure
        const reason = reasonAgainst(system, scenario)
        if (reason) cannot[column.id] = reason
        const failure = rounds.map((one) => one.failed[scenario.id]).find((one) => one !== undefined)
        if (failure !== undefined) failed[column.id] = failure
      }
      return { ...metric, scenario: scenario.id, figures, cannot, failed }
    }),
  )
}

/** Whether a contender takes part in a round: those that take part in some are spread over all. */
const takesPart = ({ rounds }: Contender, at: number, round: number, of: number): boolean => (at + round) % of < rounds

/** Runs a plan. */
export async function runRounds(plan: Plan, server: PageServer, progress: Progress): Promise<Result> {
  const { kind, engine, rounds, counts, contenders } = plan
  const on = environment()
  const told = new Map<string, Told[]>()
  const loads: number[] = []
  let userAgent = ""
  const browsing = new Browsing(plan, server)
  try {
    for (let round = 0; round < rounds; round++) {
      loads.push(load())
      for (let turn = 0; turn < contenders.length; turn++) {
        const at = (turn + round) % contenders.length
        const contender = contenders[at]
        if (!contender || !takesPart(contender, at, round, rounds)) continue
        const startedAt = performance.now()
        const title = `${engine} round ${round + 1} of ${rounds}, ${contender.column.label}`
        const one = await turnOf(plan, contender, browsing, (line) => progress(`${title}: ${line}`))
        if (!plan.isBrief) await browsing.end()
        userAgent = one.userAgent || userAgent
        told.set(contender.column.id, [...(told.get(contender.column.id) ?? []), one])
        progress(`${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
      }
    }
  } finally {
    await browsing.end()
  }
  loads.push(load())
  return {
    kind,
    engine,
    date: new Date().toISOString().slice(0, 10),
    userAgent,
    environment: on,
    loads,
    rounds,
    counts,
    columns: contenders.map(({ column }) => column),
    rows: rowsOf(plan, told),
  }
}
