/** A result as it is kept: one engine, one date, columns (systems, or sizes) by metrics. Owns: the form and the folder. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Engine } from "../../test/harness/launch.ts"
import type { Traits } from "../drivers/systems.ts"
import type { Kind } from "../page/message.ts"
import type { Counts, Metric } from "../scenario.ts"
import type { Environment } from "./environment.ts"
import type { Figure } from "./statistic.ts"

/** A system, or a system at a size. */
export interface Column {
  readonly id: string
  readonly label: string
  readonly version: string
  readonly traits: Traits
}

/** One line of the table, by column: a figure, or the reason why there is none. */
export interface Row extends Metric {
  readonly scenario: string
  readonly figures: Readonly<Record<string, Figure>>
  /** The system has no means for it. */
  readonly cannot: Readonly<Record<string, string>>
  /** It was tried, and gave a wrong answer, an error, or none in time. */
  readonly failed: Readonly<Record<string, string>>
}

/** What one run of one engine gave. */
export interface Result {
  readonly kind: Kind
  readonly engine: Engine
  readonly date: string
  readonly userAgent: string
  readonly environment: Environment
  /** The machine's load average over a minute before each round, and after the last. */
  readonly loads: readonly number[]
  readonly rounds: number
  readonly counts: Counts
  /** The writing that the texts were fed: a file's name, or "made". */
  readonly writing?: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** The folder of the benchmarks. */
export const home: string = fileURLToPath(new URL("..", import.meta.url))

const root = fileURLToPath(new URL("../..", import.meta.url))
const folder = "results"
const nameOf = ({ date, engine, kind }: Result) => `${date}-${engine}${kind === "scale" ? "-scale" : ""}.json`

/** Keeps a result; one of the same day, engine and kind gives way. */
export function keep(result: Result): string {
  const name = join(folder, nameOf(result))
  mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(join(home, name), `${JSON.stringify(result, undefined, 2)}\n`)
  // Committed files are formatted.
  execFileSync("pnpm", ["--silent", "exec", "biome", "format", "--write", join(home, name)], { cwd: root })
  return name
}

/** Names begin with the date, so that of each engine and kind the last in order is the newest. */
function newest(texts: readonly string[]): Result[] {
  const results = texts.map((text) => JSON.parse(text) as Result)
  const byKind = new Map(results.map((result) => [`${result.kind} ${result.engine}`, result]))
  return [...byKind.values()]
}

const isResult = (name: string) => /^\d{4}-\d\d-\d\d-.*\.json$/.test(name)

/** The newest results in the folder, one of each engine and kind. */
export function newestKept(): Result[] {
  if (!existsSync(join(home, folder))) return []
  const names = readdirSync(join(home, folder)).filter(isResult).sort()
  return newest(names.map((name) => readFileSync(join(home, folder, name), "utf8")))
}
