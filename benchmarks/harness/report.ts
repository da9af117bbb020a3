/**
 * Writes what people read of the newest results: docs/benchmarks.md, its pictures, and the part of the README between marks.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { browserOf } from "./figures-text.ts"
import type { Goal } from "./goals.ts"
import { overview, subjectPictures } from "./plots.ts"
import { home, type Result } from "./result.ts"
import { goalsOf, headlines, reasonsOf, tableOf, traitsOf } from "./tables.ts"

const engineNames = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKitGTK" }
const engines = ["chromium", "firefox", "webkit"]
const root = join(home, "..")
const plots = "docs/benchmarks"
const [begin, end] = ["<!-- speed:begin -->", "<!-- speed:end -->"]

/** Where and under what a result was measured, in one sentence. */
function circumstances(result: Result): string {
  const { date, environment: on, loads, rounds, counts } = result
  const machine = `${on.processor}, ${on.cores} cores, ${on.memoryGB} GB, ${on.system}`
  const busy =
    Math.max(...loads) > on.cores ? " **The machine was busy with other work: trust ratios, not times.**" : ""
  return (
    `${browserOf(result)} on ${machine}, ${date}, commit ${on.commit}; ${counts.documents.toLocaleString("en")} documents of about 250 bytes, ` +
    `${rounds} rounds; load average ${loads.join(", ")} before each round and after the last.${busy}`
  )
}

function section(result: Result): string {
  const title = `${engineNames[result.engine]}${result.kind === "scale" ? ", as the data grows" : ""}`
  const cells =
    "Each cell is the median of the rounds (least–greatest); one number where a system took part in one round."
  return [`## ${title}\n`, `${circumstances(result)} ${cells}\n`, tableOf(result), "", reasonsOf(result), ""].join("\n")
}

/** Names, places and captions of the pictures of a result, once they are written. */
function drawn(result: Result, goals: readonly Goal[]): readonly string[] {
  mkdirSync(join(root, plots), { recursive: true })
  const write = (name: string, svg: string) => {
    writeFileSync(join(root, plots, name), svg)
    return name
  }
  const metrics = goals.filter(({ op }) => op === "first").map(({ metric }) => metric)
  const pictures = [...subjectPictures(result)].map(([id, svg]) => write(`${result.engine}-${id}.svg`, svg))
  return [write(`${result.engine}.svg`, overview(result, metrics)), ...pictures]
}

/** Puts the headlines of a result between the marks of the README, where it has them. */
function writeReadme(result: Result, goals: readonly Goal[]): void {
  const path = join(root, "README.md")
  const text = readFileSync(path, "utf8")
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) return
  const part = [
    begin,
    `![Times as much as Fixpoint, by scenario](${plots}/${result.engine}.svg)`,
    "",
    headlines(result, goals),
    "",
    circumstances(result),
    end,
  ]
  writeFileSync(path, text.slice(0, from) + part.join("\n") + text.slice(to + end.length))
}

/** Writes all of it. */
export function writeReport(results: readonly Result[], goals: readonly Goal[]): void {
  const sorted = results.toSorted(
    (a, b) => a.kind.localeCompare(b.kind) || engines.indexOf(a.engine) - engines.indexOf(b.engine),
  )
  const compared = sorted.filter(({ kind }) => kind === "compare")
  const [main] = compared
  const images = compared.flatMap((result) => drawn(result, goals)).map((name) => `![${name}](benchmarks/${name})`)
  const text = [
    "# Benchmarks\n",
    "Written by `npm run bench`; do not edit. [benchmarks/README.md](../benchmarks/README.md) says how it is measured.\n",
    main ? `## What is compared\n\n${traitsOf(main.columns)}\n` : "",
    `## Goals\n\n${goalsOf(results, goals)}\n`,
    images.join("\n\n"),
    "",
    ...sorted.map(section),
  ]
  writeFileSync(join(root, "docs/benchmarks.md"), text.join("\n"))
  if (main) writeReadme(main, goals)
}
