/** Results as markdown tables. Owns: what stands in rows and columns. */
import { subjects } from "../scenarios.ts"
import { ranged, short, times, titleOf } from "./figures-text.ts"
import { askedOf, type Goal, judge, ranked } from "./goals.ts"
import type { Column, Result, Row } from "./result.ts"

/** A row of a table. */
const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`

/** A table: the first column is of words, the others of numbers. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const rule = head.map((_, at) => (at === 0 ? "---" : "---:"))
  return [line(head), line(rule), ...body.map(line)].join("\n")
}

function cellOf({ figures, cannot, failed }: Row, column: string): string {
  const figure = figures[column]
  if (figure) return ranged(figure)
  if (failed[column]) return "failed"
  return cannot[column] ? "–" : ""
}

/** Metrics below each other, systems or sizes side by side. */
const byMetric = ({ columns, rows, counts }: Result): string =>
  table(
    ["", ...columns.map(({ label }) => label)],
    rows.map((row) => [`${titleOf(row, counts)}, ${row.unit}`, ...columns.map(({ id }) => cellOf(row, id))]),
  )

/** A table for each subject: systems below each other, its metrics side by side. */
function bySubject({ columns, rows, counts }: Result): string {
  const parts = subjects.map(({ title, scenarios }) => {
    const own = rows.filter((row) => scenarios.some(({ id }) => id === row.scenario))
    if (own.length === 0) return ""
    const body = columns.map(({ id, label }) => [label, ...own.map((row) => cellOf(row, id))])
    return `### ${title}\n\n${table(["", ...own.map((row) => `${titleOf(row, counts)}, ${row.unit}`)], body)}`
  })
  return parts.filter((part) => part !== "").join("\n\n")
}

/** A result whole. */
export const tableOf = (result: Result): string => (result.kind === "scale" ? byMetric(result) : bySubject(result))

/** Why figures are missing: the system has no means, or it failed. */
export function reasonsOf({ columns, rows }: Result): string {
  const lines = columns.flatMap(({ id, label }) => {
    const reasons = new Map<string, string[]>()
    for (const { scenario, cannot, failed } of rows) {
      const reason = failed[id] ? `failed: ${failed[id]}` : cannot[id]
      if (reason) reasons.set(reason, [...new Set([...(reasons.get(reason) ?? []), scenario])])
    }
    return [...reasons].map(([reason, scenarios]) => `* ${label}, ${scenarios.join(", ")}: ${reason}`)
  })
  return lines.join("\n")
}

const yes = (does: boolean) => (does ? "yes" : "**no**")

/** What each system does beside being fast. */
export const traitsOf = (columns: readonly Column[]): string =>
  table(
    ["", "version", "encrypts at rest", "merges", "several tabs", "works in", "open data"],
    columns.map(({ label, version, traits }) => [
      label,
      version,
      yes(traits.encrypts),
      traits.merges === "no" ? "**no**" : traits.merges,
      yes(traits.tabs),
      traits.thread,
      traits.data,
    ]),
  )

/** What is asked for, and how it stands. */
export const goalsOf = (results: readonly Result[], goals: readonly Goal[]): string =>
  table(
    ["asked for", "asked", "measured", "against", ""],
    goals.map((goal) => {
      const { value, met, against } = judge(goal, results)
      const measured = value === undefined ? "not measured" : value.toPrecision(2)
      return [goal.source, askedOf(goal), measured, against, met ? "met" : "**missed**"]
    }),
  )

const figureOf = (row: Row, column: string): string => {
  const figure = row.figures[column]
  return figure ? `${short(figure.median)} ${row.unit}` : "–"
}

/** The table of the README: Fixpoint, those it is asked to beat, the best of the others, and its place. */
export function headlines(result: Result, goals: readonly Goal[]): string {
  const metrics = goals.filter((goal) => goal.op === "first" && goal.kind === result.kind).map(({ metric }) => metric)
  const body = result.rows
    .filter((row) => metrics.includes(row.id) && row.figures["fixpoint"])
    .map((row) => {
      const places = ranked(row)
      const best = places.find((id) => !["fixpoint", "dexie", "idb"].includes(id))
      const bestLabel = result.columns.find(({ id }) => id === best)?.label ?? ""
      const [own, other] = [row.figures["fixpoint"]?.median, row.figures["dexie"]?.median]
      return [
        titleOf(row, result.counts),
        figureOf(row, "fixpoint"),
        figureOf(row, "dexie"),
        figureOf(row, "idb"),
        best ? `${figureOf(row, best)} ${bestLabel}` : "–",
        own !== undefined && other !== undefined ? times(own, other) : "",
        `${places.indexOf("fixpoint") + 1} of ${places.length}`,
      ]
    })
  return table(["", "Fixpoint", "Dexie", "raw IndexedDB", "best of the others", "Dexie : Fixpoint", "place"], body)
}
