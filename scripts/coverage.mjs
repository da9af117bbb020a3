// Branches of the merging, coding and syncing core that the tests of Node reach: `npm run coverage`. It prints each file that has a
// gap, and fails when a folder has more of them than docs/testing.md names.
import { readFileSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { ensurePnpm, root, run, say } from "./set-up.mjs"

/** The share of branches that each folder reaches at least, in percent: what is missing is named in docs/testing.md. */
const floors = { crdt: 95, codec: 95, sync: 90 }
const out = join(root, ".cache/coverage")

await ensurePnpm()
rmSync(out, { recursive: true, force: true })
const folders = Object.keys(floors)
const tests = [
  "test/laws",
  "test/fuzz",
  "test/golden",
  "test/vectors",
  "test/engine",
  "test/sim/attacks",
  "test/sim/rules",
]
const coverage = ["--coverage.enabled", "--coverage.provider", "v8", "--coverage.reporter", "json"]
const args = ["exec", "vitest", "run", "--project", "node", "--reporter", "dot", ...coverage]
args.push("--coverage.reportsDirectory", out)
for (const folder of folders) args.push("--coverage.include", `packages/core/src/${folder}/**/*.ts`)
args.push(...folders.map((folder) => `packages/core/src/${folder}`), ...tests)
const code = await run("pnpm", args, { limitMs: 3_600_000 })

const files = Object.values(JSON.parse(readFileSync(join(out, "coverage-final.json"), "utf8")))
let isShort = false
for (const folder of folders) {
  let reached = 0
  let all = 0
  for (const { path, branchMap, b } of files) {
    const name = relative(root, path)
    if (!name.startsWith(`packages/core/src/${folder}/`) || name.includes(".test.")) continue
    const gaps = []
    for (const [id, counts] of Object.entries(b)) {
      all += counts.length
      reached += counts.filter((count) => count > 0).length
      counts.forEach((count, i) => {
        if (count === 0) gaps.push(branchMap[id].locations[i].start.line ?? branchMap[id].loc.start.line)
      })
    }
    if (gaps.length > 0) say(`${name}: lines ${[...new Set(gaps)].join(", ")}`)
  }
  const share = all === 0 ? 0 : (100 * reached) / all
  isShort ||= share < floors[folder]
  say(`${folder}: ${reached} of ${all} branches (${share.toFixed(1)} %)`)
}
process.exitCode = code === 0 && !isShort ? 0 : 1
