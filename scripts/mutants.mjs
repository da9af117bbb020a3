// Puts each fault of test/mutants/mutants.json into our own code, one at a time, and runs the tests that must notice:
// `npm run mutants`, or `npm run mutants -- <id> <id>` for some. The last line is the score; it fails when a fault goes unnoticed.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root, say } from "./set-up.mjs"

const all = JSON.parse(readFileSync(join(root, "test/mutants/mutants.json"), "utf8"))
const asked = process.argv.slice(2)
const chosen = asked.length === 0 ? all : all.filter(({ id }) => asked.includes(id))
/** Tests end by themselves, also where a fault makes work endless: what takes longer tells nothing. */
const limitMs = 600_000

/** "caught", "survived", or what went wrong with the run itself. */
function verdictOf({ id, tests }) {
  const args = ["exec", "vitest", "run", "--project", "node", "--bail", "1", "--reporter", "dot", ...tests]
  const { status, signal, stdout, stderr } = spawnSync("pnpm", args, {
    cwd: root,
    encoding: "utf8",
    timeout: limitMs,
    env: { ...process.env, FIXPOINT_MUTANT: id, NO_COLOR: "1" },
  })
  const said = `${stdout}${stderr}`
  if (said.includes("does not fit")) return "does not fit its source"
  if (status === 0) return "survived"
  // A file that does not load shows nothing of what its tests would say.
  if (signal !== null) return "no answer"
  return /Tests .*\d+ failed/.test(said) ? "caught" : "no test ran"
}

const open = []
for (const mutant of chosen) {
  const startedAt = Date.now()
  const verdict = verdictOf(mutant)
  if (verdict !== "caught") open.push(mutant)
  say(`${verdict.padEnd(9)} ${mutant.id}: ${mutant.breaks} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
}
say(`${chosen.length - open.length} of ${chosen.length} faults caught`)
process.exitCode = open.length === 0 && chosen.length > 0 ? 0 : 1
