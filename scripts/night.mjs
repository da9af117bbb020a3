// A night of tests: `npm run night -- <minutes>` (480 when nothing is said). Each stage has its part of the time; one that is not
// done by then is ended and told as cut. The summary at the end has a line for each; any failure fails the night.
import { ensurePnpm, run, say } from "./set-up.mjs"

const [minutes = "480"] = process.argv.slice(2)
const totalMs = Number(minutes) * 60_000
/** Seeds of the simulator that a core does in a second, about. */
const seedsPerSecond = 15

const vitest = (...args) => ["pnpm", "exec", "vitest", "run", "--project", ...args]
const stages = [
  {
    name: "fault loops: every effect, every way",
    share: 0.15,
    command: vitest("node", "test/faults"),
    env: () => ({ FIXPOINT_FAULTS: "all" }),
  },
  {
    name: "fuzzers",
    share: 0.25,
    command: vitest("node", "test/fuzz"),
    // Setting up and the exhaustive tests beside them take some of it.
    env: (ms) => ({ FIXPOINT_FUZZ: String(Math.floor((ms * 0.8) / 1000)) }),
  },
  { name: "mutants", share: 0.2, command: ["node", "scripts/mutants.mjs"], env: () => ({}) },
  {
    name: "simulated devices",
    share: 0.25,
    command: vitest("seeds"),
    // Three kinds of runs share the time.
    env: (ms) => ({ FIXPOINT_SEEDS: String(Math.floor((ms / 1000) * (seedsPerSecond / 3))) }),
  },
  {
    name: "browsers that are killed, and a file larger than their memory for it",
    share: 0.15,
    command: vitest("crash", "test/e2e"),
    env: () => ({ FIXPOINT_FILE_MB: "900" }),
  },
]

await ensurePnpm()
const lines = []
for (const { name, share, command, env } of stages) {
  const startedAt = Date.now()
  const limitMs = totalMs * share
  say(`\n${name}`)
  const code = await run(command[0], command.slice(1), { env: env(limitMs), limitMs: limitMs * 1.1 })
  const ms = Date.now() - startedAt
  const verdict = code === 0 ? "ok" : ms >= limitMs ? "cut" : "FAILED"
  lines.push({ name, verdict, minutes: ms / 60_000 })
}
say("\nThe night:")
for (const line of lines) say(`${line.verdict.padEnd(7)}${line.minutes.toFixed(1).padStart(7)} min  ${line.name}`)
process.exitCode = lines.some(({ verdict }) => verdict === "FAILED") ? 1 : 0
