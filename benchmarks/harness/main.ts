/** The entry of the benchmarks. Owns: what a command does, and what it prints. */
import { parseArgs } from "node:util"
import { choiceOf, smokePlan, usage } from "./choice.ts"
import { explain, type Goal, judge, readGoals } from "./goals.ts"
import { writeReport } from "./report.ts"
import { keep, newestKept, type Result } from "./result.ts"
import { type Plan, type Progress, runRounds } from "./rounds.ts"
import { tableOf } from "./tables.ts"
import { buildPage, type Origin, PageServer } from "./server.ts"
import { readTrace } from "./traces.ts"

const say: Progress = (line) => void process.stdout.write(`${line}\n`)

async function withServer<T>(from: Origin, edits: number, work: (server: PageServer) => Promise<T>): Promise<T> {
  await buildPage(from)
  const server = await PageServer.start(readTrace(edits).json)
  try {
    return await work(server)
  } finally {
    await server.close()
  }
}

/** One tiny round in Chromium: what each driver gave, and where it failed. */
export function smoke(from: Origin, progress: Progress, systems?: string): Promise<Result> {
  const plan = smokePlan(systems)
  return withServer(from, plan.counts.edits, (server) => runRounds(plan, server, progress))
}

/** Where a driver gave no figure that it should have given. */
export const shortcomings = ({ rows, columns }: Result): string[] =>
  rows.flatMap(({ id, figures, cannot, failed, isSparse }) =>
    columns
      .filter((column) => failed[column.id] || !(isSparse || cannot[column.id] || figures[column.id]))
      .map((column) => `${column.id} ${id}: ${failed[column.id] ?? "no figure"}`),
  )

/** Says how each goal stands; gives how many are missed. */
function sayVerdicts(results: readonly Result[], goals: readonly Goal[]): number {
  const verdicts = goals.map((goal) => judge(goal, results))
  for (const verdict of verdicts) say(explain(verdict))
  const missed = verdicts.filter(({ met }) => !met).length
  say(`${verdicts.length - missed} of ${verdicts.length} goals met`)
  return missed
}

const goalsOf = ({ kind, engine }: Plan | Result, goals: readonly Goal[]): Goal[] =>
  goals.filter((goal) => goal.kind === kind && goal.engine === engine)

async function measure(args: readonly string[]): Promise<void> {
  const { plans, isWhole, missing } = choiceOf(args)
  const goals = readGoals()
  if (missing.length > 0) say(`left out, not on this machine: ${missing.join(", ")}`)
  const edits = plans[0]?.counts.edits ?? 0
  await withServer("built", edits, async (server) => {
    for (const plan of plans) {
      const result = { ...(await runRounds(plan, server, say)), writing: readTrace(edits).name }
      say(`\n${tableOf(result)}\n`)
      if (isWhole) sayVerdicts([result], goalsOf(plan, goals))
      if (isWhole) say(`kept as ${keep(result)}`)
    }
  })
  if (isWhole) writeReport(newestKept(), goals)
}

async function smokeBuilt(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { smoke: { type: "boolean" }, systems: { type: "string" } },
  })
  const result = await smoke("built", say, values.systems)
  const short = shortcomings(result)
  say([tableOf(result), "", ...short, `${short.length} shortcomings`].join("\n"))
  return short.length > 0 ? 1 : 0
}

/** Runs what the command line asks for; gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args.includes("--help")) say(usage)
    else if (args.includes("--check")) return sayVerdicts(newestKept(), readGoals()) > 0 ? 1 : 0
    else if (args.includes("--report")) writeReport(newestKept(), readGoals())
    else if (args.includes("--smoke")) return await smokeBuilt(args)
    else await measure(args)
    return 0
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  }
}
