/** Results as tables for people. Owns: the look of docs/benchmarks.md. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Goal, judge } from "./goals.ts"
import { home, type Result, type Row } from "./result.ts"
import type { Figure } from "./statistic.ts"

const engineNames = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKitGTK" }

const short = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value >= 10 ? value.toFixed(1) : value.toFixed(2)

const cell = ({ median, min, max }: Figure): string => `${short(median)} (${short(min)}–${short(max)})`

function filled(title: string, counts: Result["counts"]): string {
  const numbers = counts as unknown as Readonly<Record<string, number>>
  return title.replaceAll(/\{(\w+)\}/g, (_, name: string) => (numbers[name] ?? 0).toLocaleString("en"))
}

/** "0.12 (8.3×)": the ratio, and how many times faster or smaller that is. */
function ratioCell(row: Row, of: string, against: string): string {
  const [own, other] = [row.figures[of]?.median, row.figures[against]?.median]
  if (own === undefined || !other) return ""
  return `${(own / other).toPrecision(2)} (${(other / own).toPrecision(2)}×)`
}

const askedOf = (goal: Goal): string =>
  goal.against ? `${goal.op} ${goal.ratio} of ${goal.against}` : `${goal.op} ${goal.limit} ms`

function goalCell(goal: Goal | undefined, result: Result): string {
  if (!goal) return ""
  return `${goal.op} ${goal.ratio ?? `${goal.limit} ms`} ${judge(goal, [result]).met ? "met" : "**missed**"}`
}

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`

/** One result as a markdown table. */
export function tableOf(result: Result, goals: readonly Goal[]): string {
  const { columns, kind, engine, rows } = result
  const compares = kind === "compare" && ["fixpoint", "dexie"].every((id) => columns.some((column) => column.id === id))
  const extra = compares ? ["Fixpoint : Dexie", "asked"] : []
  const head = ["", ...columns.map(({ label }) => label), ...extra]
  const body = rows.map((row) => {
    const goal = goals.find((one) => one.kind === kind && one.engine === engine && one.metric === row.id)
    const cells = columns.map(({ id }) => {
      const figure = row.figures[id]
      return figure ? cell(figure) : row.cannot[id] ? "cannot" : ""
    })
    const compared = compares ? [ratioCell(row, "fixpoint", "dexie"), goalCell(goal, result)] : []
    return line([`${filled(row.title, result.counts)}, ${row.unit}`, ...cells, ...compared])
  })
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...body].join("\n")
}

/** The lines that stand under a table: what each column is and does not do. */
function notesOf({ columns, rows }: Result): string {
  const kinds = columns.map(({ label, version, lacks }) => `- ${label} ${version}: ${lacks}.`)
  const reasons = rows.flatMap((row) =>
    columns.flatMap(({ id, label }) => (row.cannot[id] ? [`- ${label}, ${row.title}: ${row.cannot[id]}.`] : [])),
  )
  return [...kinds, ...reasons].join("\n")
}

function section(result: Result, goals: readonly Goal[]): string {
  const { environment: on, engine, kind, rounds } = result
  const browser = /(Chrome|Firefox|Version)\/[\d.]+/.exec(result.userAgent)?.[0].replace("Version", "Safari") ?? ""
  const title = `${engineNames[engine]}${kind === "scale" ? ", as the data grows" : ""}`
  const where = `${result.date}, ${browser}, ${on.processor}, ${on.cores} cores, ${on.memoryGB} GB, ${on.system}, commit ${on.commit}, load ${on.load} before`
  return `## ${title}\n\n${where}. Rounds: ${rounds}; each cell is the median (least–greatest) of the rounds.\n\n${tableOf(result, goals)}\n\n${notesOf(result)}\n`
}

/** What the issues ask for, and how it stands. */
function goalsSection(results: readonly Result[], goals: readonly Goal[]): string {
  const head = ["asked for", "browser", "asked", "measured", ""]
  const body = goals.map((goal) => {
    const { value, met } = judge(goal, results)
    const measured = value === undefined ? "not measured" : value.toPrecision(2)
    return line([goal.source, engineNames[goal.engine], askedOf(goal), measured, met ? "met" : "**missed**"])
  })
  return ["## Goals\n", line(head), line(head.map(() => "---")), ...body, ""].join("\n")
}

/** Writes docs/benchmarks.md from the newest results. */
export function writeReport(results: readonly Result[], goals: readonly Goal[]): void {
  const order = ["chromium", "firefox", "webkit"]
  const sorted = [...results].sort(
    (a, b) => a.kind.localeCompare(b.kind) || order.indexOf(a.engine) - order.indexOf(b.engine),
  )
  const method = readFileSync(join(home, "method.md"), "utf8")
  const tables = sorted.map((result) => section(result, goals))
  writeFileSync(join(home, "../docs/benchmarks.md"), [method, goalsSection(results, goals), ...tables].join("\n"))
}
