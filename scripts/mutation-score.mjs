// Of faults that are drawn from all that can be put into a module (test/mutants/sites.ts), how many do tests notice:
// `npm run mutation-score -- [modules] [--each N] [--seed S]`. It prints a line for each that survives and ends with a table. It is a
// report and no gate: a fault that changes nothing that can be seen survives rightly, and only a reader can tell.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { runnerImport } from "vite"
import { root, run, say } from "./set-up.mjs"

/** Tests by module, those that stand nearest first: a fault that one ring lets through goes on to the next. */
const rings = {
  crdt: [
    ["packages/core/src/crdt"],
    ["deltas", "intentions", "lists", "merge", "short-ways", "siblings", "texts"].map((name) => `test/laws/${name}`),
    [
      "packages/core/src/sync",
      "test/golden",
      "test/vectors",
      ...engine("conflict", "replica", "recovery", "undo", "model"),
    ],
  ],
  codec: [
    ["packages/core/src/codec"],
    ["test/vectors", "test/golden"],
    [
      "packages/core/src/query",
      "packages/core/src/sync",
      "test/facade/bad-input",
      "test/facade/inline",
      ...engine("index", "mingo", "model"),
    ],
  ],
  lsm: [
    ["packages/core/src/lsm"],
    ["test/lsm/check", "test/lsm/rows", "test/lsm/tabs", "test/contract", "test/golden"],
    ["test/lsm", ...engine("model", "open", "sentinel", "transactions", "recovery", "idle-log")],
  ],
  sync: [
    ["packages/core/src/sync"],
    ["test/sim/rules", "test/sim/attacks", "test/sim/costs"],
    [
      "test/sim/protocol",
      "test/sim/interruptions",
      "test/sim/endings",
      "test/vectors",
      "test/golden",
      ...engine(
        "sync",
        "replica",
        "recovery",
        "first-contact",
        "healed",
        "lost-bucket",
        "bucket-files",
        "copied",
        "ended",
      ),
    ],
  ],
}

function engine(...names) {
  return names.map((name) => `test/engine/${name}`)
}

/** How much longer than without a fault tests may take; what takes longer has no end, which is noticed. */
const patience = 5
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { each: { type: "string", default: "25" }, seed: { type: "string", default: "1" } },
})
const modules = positionals.length > 0 ? positionals : Object.keys(rings)
const { module: sample } = await runnerImport(join(root, "test/mutants/sample.ts"), { configFile: false })

/** Of a single test or hook: being slow beside other work is no failure. */
const slowMs = "120000"

/** Whether the tests pass; `env` says with which fault. Without one, what fails is shown. */
async function pass(tests, limitMs, env) {
  const args = [
    "run",
    "--project",
    "node",
    "--project",
    "seeds",
    "--bail",
    "1",
    "--maxWorkers",
    "1",
    "--reporter",
    "dot",
  ]
  args.push("--testTimeout", slowMs, "--hookTimeout", slowMs, ...tests)
  return (await run("node_modules/.bin/vitest", args, { env, limitMs, quiet: env !== undefined })) === 0
}

/** The same rings with the time that each may take. Tests that fail anyhow would notice everything. */
async function measured(tests) {
  const startedAt = Date.now()
  if (!(await pass(tests, 1_200_000))) throw new Error(`Without any fault these fail: ${tests.join(" ")}`)
  return { tests, limitMs: patience * (Date.now() - startedAt) }
}

/** The ring that notices the fault, counted from 1; 0 when none does. */
async function noticedBy(site, bounded) {
  for (const [at, { tests, limitMs }] of bounded.entries()) {
    if (!(await pass(tests, limitMs, { FIXPOINT_SITE: JSON.stringify(site) }))) return at + 1
  }
  return 0
}

const inOneLine = (text) => text.replace(/\s+/g, " ")

async function scoreOf(module) {
  const bounded = []
  for (const tests of rings[module]) bounded.push(await measured(tests))
  const sites = sample.sitesIn(module)
  const drawn = sample.draw(sites, Number(values.each), Number(values.seed))
  const caught = bounded.map(() => 0)
  for (const site of drawn) {
    const ring = await noticedBy(site, bounded)
    // A site that fits no more fails every test: what it would be counted for is not its own doing.
    const source = readFileSync(join(root, site.file), "utf8")
    if (source.slice(site.start, site.end) !== site.was) throw new Error(`${site.file} was changed meanwhile.`)
    if (ring > 0) caught[ring - 1] += 1
    else say(`survived ${site.file}:${site.line}: ${inOneLine(site.was)} -> ${inOneLine(site.text)}`)
  }
  const survived = drawn.length - caught.reduce((sum, count) => sum + count, 0)
  const score = `${((100 * (drawn.length - survived)) / drawn.length).toFixed(0)} %`
  return { module, sites: sites.length, drawn: drawn.length, caught: caught.join(" + "), survived, score }
}

const lines = []
for (const module of modules) lines.push(await scoreOf(module))
const columns = ["module", "sites", "drawn", "caught", "survived", "score"]
say(columns.map((column) => column.padEnd(14)).join(""))
for (const line of lines) say(columns.map((column) => String(line[column]).padEnd(14)).join(""))
