/** Compares results with what is asked for. Owns: the form of goals.json. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Engine } from "../../test/harness/launch.ts"
import type { Kind } from "../page/message.ts"
import { home, type Result, type Row } from "./result.ts"

interface Asked {
  readonly id: string
  readonly kind: Kind
  readonly engine: Engine
  readonly metric: string
  readonly of: string
  /** What is asked, in words. */
  readonly source: string
}

/** A figure of column `of`, or its ratio to one of column `against`, is at most so much. */
export interface AtMost extends Asked {
  readonly op: "<="
  /** With `against`: the greatest ratio of medians. Without: the greatest value. */
  readonly ratio?: number
  readonly against?: string
  /** The other figure is of another metric. */
  readonly againstMetric?: string
  readonly limit?: number
  /** "max" holds the worst round to the goal instead of the median. */
  readonly statistic?: "median" | "max"
}

/** No other column has a smaller figure, or this one is within so much of raw IndexedDB, which is what the platform allows. */
export interface First extends Asked {
  readonly op: "first"
  readonly within: number
}

/** One goal. */
export type Goal = AtMost | First

/** A goal and what was measured: `value` is a ratio or a figure; undefined when it was not measured. */
export interface Verdict {
  readonly goal: Goal
  readonly value: number | undefined
  readonly met: boolean
  /** The column that `of` is held against. */
  readonly against: string
}

/** The goals of all issues. */
export function readGoals(): Goal[] {
  return JSON.parse(readFileSync(join(home, "goals.json"), "utf8")) as Goal[]
}

/** The column whose system is as near to the platform as a page gets. */
const platform = "idb"

/** The columns that have a figure of a row, the smallest first. */
export const ranked = ({ figures }: Row): readonly string[] =>
  Object.keys(figures).sort((a, b) => (figures[a]?.median ?? 0) - (figures[b]?.median ?? 0))

function judgeFirst(goal: First, { figures }: Row, best: string): Verdict {
  const own = figures[goal.of]?.median ?? Number.NaN
  const limit = (figures[platform]?.median ?? 0) * goal.within
  const value = own / (figures[best]?.median ?? Number.NaN)
  return { goal, value, met: value <= 1 || own <= limit, against: best }
}

/** Judges one goal by the results at hand. */
export function judge(goal: Goal, results: readonly Result[]): Verdict {
  const result = results.find(({ kind, engine }) => kind === goal.kind && engine === goal.engine)
  const rowOf = (metric: string) => result?.rows.find(({ id }) => id === metric)
  const row = rowOf(goal.metric)
  if (goal.op === "first") {
    const best = row && ranked(row).find((id) => id !== goal.of)
    const isMeasured = row?.figures[goal.of] && best
    return isMeasured ? judgeFirst(goal, row, best) : { goal, value: undefined, met: false, against: "" }
  }
  const statistic = goal.statistic ?? "median"
  const against = goal.against ?? ""
  const own = row?.figures[goal.of]?.[statistic]
  const other = against ? rowOf(goal.againstMetric ?? goal.metric)?.figures[against]?.[statistic] : 1
  const value = own === undefined || other === undefined ? undefined : own / other
  return { goal, value, met: value !== undefined && value <= (goal.ratio ?? goal.limit ?? 0), against }
}

/** What a goal asks, in a few signs. */
export const askedOf = (goal: Goal): string =>
  goal.op === "first" ? `first, or <= ${goal.within} of ${platform}` : `<= ${goal.ratio ?? goal.limit}`

/** One line about a verdict. */
export function explain({ goal, value, met, against }: Verdict): string {
  const measured = value === undefined ? "not measured" : value.toPrecision(3)
  const other = goal.op === "<=" && goal.againstMetric ? `${against}'s ${goal.againstMetric}` : against
  const what = other ? `${goal.of} : ${other}` : goal.of
  return `${met ? "met   " : "MISSED"} ${goal.id.padEnd(24)} ${what} ${goal.metric} ${measured}, asked ${askedOf(goal)} (${goal.source})`
}
