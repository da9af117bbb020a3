// Branches of the merging, coding and syncing core that the tests of Node reach: `npm run coverage`. It prints each file that has a
// gap, and the share of each folder. It sets no bound.
import { readFileSync, rmSync } from "node:fs"
import { join, relative } from "node:path"
import { ensurePnpm, root, run, say } from "./set-up.mjs"

const folders = ["crdt", "codec", "sync"]
const out = join(root, ".cache/coverage")

await ensurePnpm()
rmSync(out, { recursive: true, force: true })
const tests = ["test/laws", "test/fuzz", "test/golden", "test/vectors", "test/engine", "test/sim"]
const coverage = ["--coverage.enabled", "--coverage.provider", "v8", "--coverage.reporter", "json"]
// Counting takes time: a test that is too slow for its bound is no reason to report nothing.
const patience = ["--coverage.reportOnFailure", "--testTimeout", "1200000"]
const projects = ["--project", "node", "--project", "seeds"]
const args = ["exec", "vitest", "run", ...projects, "--reporter", "dot", ...coverage, ...patience]
args.push("--coverage.reportsDirectory", out)
for (const folder of folders) args.push("--coverage.include", `packages/core/src/${folder}/**/*.ts`)
args.push(...folders.map((folder) => `packages/core/src/${folder}`), ...tests)
const code = await run("pnpm", args, { limitMs: 3_600_000 })

const files = Object.values(JSON.parse(readFileSync(join(out, "coverage-final.json"), "utf8")))
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
  say(`${folder}: ${reached} of ${all} branches (${share.toFixed(1)} %)`)
}
process.exitCode = code
