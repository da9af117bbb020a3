/** Compares results with what the issues ask for. Owns: the form of goals.json. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Engine } from "../../test/harness/launch.ts"
import { home, type Kind, type Result } from "./result.ts"

/** One goal: a figure of column `of`, or its ratio to the same figure of column `against`, is at most so much. */
export interface Goal {
  readonly id: string
  readonly kind: Kind
  readonly engine: Engine
  readonly metric: string
  readonly of: string
  readonly op: "<="
  /** With `against`: the greatest ratio of medians. Without: the greatest value. */
  readonly ratio?: number
  readonly against?: string
  readonly limit?: number
  /** "max" holds the worst round to the goal instead of the median. */
  readonly statistic?: "median" | "max"
  /** Who asks for it. */
  readonly source: string
}

/** A goal and what was measured: `value` is a ratio or a figure; undefined when it was not measured. */
export interface Verdict {
  readonly goal: Goal
  readonly value: number | undefined
  readonly met: boolean
}

/** The goals of all issues. */
export function readGoals(): Goal[] {
  return JSON.parse(readFileSync(join(home, "goals.json"), "utf8")) as Goal[]
}

/** Judges one goal by the results at hand. */
export function judge(goal: Goal, results: readonly Result[]): Verdict {
  const result = results.find(({ kind, engine }) => kind === goal.kind && engine === goal.engine)
  const figures = result?.rows.find(({ id }) => id === goal.metric)?.figures
  const own = figures?.[goal.of]?.[goal.statistic ?? "median"]
  const other = goal.against ? figures?.[goal.against]?.[goal.statistic ?? "median"] : 1
  const value = own === undefined || other === undefined ? undefined : own / other
  return { goal, value, met: value !== undefined && value <= (goal.ratio ?? goal.limit ?? 0) }
}

/** One line about a verdict. */
export function explain({ goal, value, met }: Verdict): string {
  const asked = `${goal.op} ${goal.ratio ?? goal.limit}`
  const measured = value === undefined ? "not measured" : value.toPrecision(3)
  const what = goal.against ? `${goal.of} : ${goal.against}` : goal.of
  return `${met ? "met   " : "MISSED"} ${goal.id.padEnd(22)} ${what} ${goal.metric} ${measured}, asked ${asked} (${goal.source})`
}
