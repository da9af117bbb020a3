/**
 * A comparison: every system in every round, each on a fresh profile, in an order that turns by one each round.
 * Invariant: no system always goes first, and what disturbs the machine for a while disturbs them all.
 */
import type { Engine } from "../../test/harness/launch.ts"
import type { System } from "../drivers/systems.ts"
import type { Counts, Samples, Scenario } from "../scenario.ts"
import { environment, versionOf } from "./environment.ts"
import type { Column, Kind, Result, Row } from "./result.ts"
import type { PageServer } from "./server.ts"
import { type Patience, Session } from "./session.ts"
import { type Figure, figureOf } from "./statistic.ts"

/** A column of the table to be: a system with its counts. */
export interface Contender {
  readonly column: Column
  readonly system: System
  readonly counts: Counts
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
}

/** Tells how far a run is. */
export type Progress = (line: string) => void

/** A system as a column. */
export const columnOf = ({ id, label, package: name, lacks }: System): Column => ({
  id,
  label,
  version: versionOf(name),
  lacks,
})

const merged = (parts: readonly Samples[]): Samples => {
  const all: Record<string, number[]> = {}
  for (const part of parts)
    for (const [metric, samples] of Object.entries(part)) all[metric] = [...(all[metric] ?? []), ...samples]
  return all
}

/** All scenarios of one contender on one fresh profile. */
async function runSession(plan: Plan, { system, counts }: Contender, server: PageServer, progress: Progress) {
  const session = await Session.start(plan.engine, server, plan.patience)
  try {
    const parts: Samples[] = []
    for (const scenario of plan.scenarios) {
      if (system.cannot[scenario.id]) continue
      const command = { system: system.id, scenario: scenario.id, counts }
      for (let load = 0; load < (scenario.loads?.(counts) ?? 1); load++) {
        if (scenario.restarts) await session.restart()
        parts.push(await session.perform(command, scenario, progress))
      }
    }
    return { samples: merged(parts), userAgent: session.userAgent }
  } finally {
    await session.stop()
  }
}

function rowsOf(plan: Plan, samples: ReadonlyMap<string, readonly Samples[]>): Row[] {
  return plan.scenarios.flatMap((scenario) =>
    scenario.metrics.map((metric) => {
      const figures: Record<string, Figure> = {}
      const cannot: Record<string, string> = {}
      for (const { column, system } of plan.contenders) {
        const figure = figureOf(metric, samples.get(column.id) ?? [])
        if (figure) figures[column.id] = figure
        const reason = system.cannot[scenario.id]
        if (reason) cannot[column.id] = reason
      }
      return { ...metric, figures, cannot }
    }),
  )
}

/** Runs a plan. */
export async function runRounds(plan: Plan, server: PageServer, progress: Progress): Promise<Result> {
  const { kind, engine, rounds, counts, contenders } = plan
  const on = environment()
  const samples = new Map<string, Samples[]>()
  let userAgent = ""
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + round) % contenders.length]
      if (!contender) continue
      const startedAt = performance.now()
      const title = `${engine} round ${round + 1} of ${rounds}, ${contender.column.label}`
      const told = await runSession(plan, contender, server, (line) => progress(`${title}: ${line}`))
      userAgent = told.userAgent
      samples.set(contender.column.id, [...(samples.get(contender.column.id) ?? []), told.samples])
      progress(`${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    }
  }
  return {
    kind,
    engine,
    date: new Date().toISOString().slice(0, 10),
    userAgent,
    environment: on,
    rounds,
    counts,
    columns: contenders.map(({ column }) => column),
    rows: rowsOf(plan, samples),
  }
}
