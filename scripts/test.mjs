// The whole ladder of tests: static gates, then every test project; the last line is the sum. `--here` leaves the set-up out,
// `--only a,b` runs some of the gates.
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join, relative } from "node:path"
import { ensurePnpm, missingBrowsers, missingStores, root, run, say, setUp } from "./set-up.mjs"

const flags = process.argv.slice(2)
const at = flags.indexOf("--only")
const only = at >= 0 ? (flags[at + 1] ?? "").split(",") : undefined

// What stands in one list runs side by side, two at a time; lists run one after another. The later gates look at what is built.
const gates = [
  [
    { name: "build", command: ["pnpm", "build", "--force"] },
    { name: "lint", command: ["pnpm", "lint"] },
    { name: "format", command: ["pnpm", "format:check"] },
  ],
  [
    { name: "size", command: ["pnpm", "size"] },
    { name: "typecheck", command: ["pnpm", "typecheck"] },
    { name: "publint", command: ["pnpm", "publint"] },
    { name: "knip", command: ["pnpm", "knip"] },
  ],
]
// Unit tests take every core, and one worker more has what those do not use that wait. The browsers share the cores with each
// other, two at a time, with the object stores, and with what is shipped, as much of their time is waiting; the crash tests share
// them with nobody, as their timing is part of the test, but for simulations that have what they leave.
const workers = [`--maxWorkers=${availableParallelism() + 1}`]
const suites = [
  [{ name: "unit", projects: ["node", "happy-dom", "workerd"], options: workers }],
  [
    { name: "browsers", projects: ["chromium", "firefox", "webkit"], atOnce: 2 },
    { name: "remote", projects: ["remote"] },
    { name: "product", projects: ["product"] },
  ],
  [
    { name: "crash", projects: ["crash"] },
    { name: "seeds", projects: ["seeds"], isPatient: true },
  ],
]
const total = { passed: 0, failed: 0, skipped: 0 }
const reruns = []

function title(name, startedAt, ok) {
  say(`${ok ? "ok    " : "FAILED"} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
}

async function runGate({ name, command: [file, ...args] }) {
  const startedAt = Date.now()
  const ok = (await run(file, ["--silent", ...args], { limitMs: 180_000 })) === 0
  title(name, startedAt, ok)
  total[ok ? "passed" : "failed"] += 1
  if (!ok) reruns.push(`npm test -- --here --only ${name}`)
}

const firstLine = (text = "") => text.split("\n", 1)[0].slice(0, 300)

function count(report, code) {
  total.passed += report.numPassedTests
  total.failed += report.numFailedTests
  total.skipped += report.numPendingTests + report.numTodoTests
  let failed = report.numFailedTests
  for (const file of report.testResults) {
    if (file.status !== "failed") continue
    const path = relative(root, file.name)
    reruns.push(`npx vitest run ${path}`)
    for (const { status, fullName, failureMessages } of file.assertionResults)
      if (status === "failed") say(`failed: ${path}: ${fullName}\n  ${firstLine(failureMessages[0])}`)
    const broken = !file.assertionResults.some((result) => result.status === "failed")
    if (broken) {
      say(`${path} did not load: ${file.message}`)
      total.failed += 1
      failed += 1
    }
  }
  if (code !== 0 && failed === 0) total.failed += 1
  return code === 0 && failed === 0
}

async function runSuite({ name, projects, options = [], atOnce, isPatient = false }, missing) {
  const here = projects.filter((project) => !missing.includes(project))
  total.skipped += projects.length - here.length
  if (here.length === 0) return
  if (atOnce === undefined) {
    await runProjects(name, here, { options, isPatient })
    return
  }
  await inLanes(here, atOnce, (project) => runProjects(project, [project], { options, isPatient }))
}

/** Works at everything of a list, at so many things at once. */
async function inLanes(list, count, work) {
  const line = [...list]
  const lane = async () => {
    for (let next = line.shift(); next; next = line.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: count }, lane))
}

async function runProjects(name, here, { options, isPatient }) {
  const startedAt = Date.now()
  const file = join(root, ".cache", `${name}.json`)
  rmSync(file, { force: true })
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${file}`]
  const args = ["exec", "vitest", "run", ...here.flatMap((project) => ["--project", project]), ...options, ...reporters]
  const code = await run("pnpm", args, { limitMs: 1_800_000, isPatient })
  let ok = false
  try {
    ok = count(JSON.parse(readFileSync(file, "utf8")), code)
  } catch (error) {
    say(`${name}: no report (${error.message})`)
    total.failed += 1
  }
  title(`${name}: ${here.join(", ")}`, startedAt, ok)
  if (!ok) reruns.push(`npx vitest run ${here.map((project) => `--project ${project}`).join(" ")}`)
}

const startedAt = Date.now()
if (flags.includes("--here")) await ensurePnpm()
else await setUp(undefined, ["radosgw", "swift"])
mkdirSync(join(root, ".cache"), { recursive: true })
const missing = missingBrowsers().map((entry) => entry.engine)
const chosen = (entry) => !only || only.includes(entry.name)
for (const list of gates) await inLanes(list.filter(chosen), 2, runGate)
for (const list of suites) await Promise.all(list.filter(chosen).map((suite) => runSuite(suite, missing)))

const leftOut = [...missing, ...missingStores().map((entry) => entry.store)]
if (leftOut.length > 0) say(`left out, not on this machine: ${leftOut.join(", ")}`)
if (reruns.length > 0) say(`To run only what failed:\n${[...new Set(reruns)].map((line) => `  ${line}`).join("\n")}`)
say(`${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0
