// Simulates the bucket protocol for a night: `npm run soak -- <seeds>`, each kind of run with so many more seeds than a test run.
import { spawnSync } from "node:child_process"

const [seeds = "100000"] = process.argv.slice(2)
const { status } = spawnSync("pnpm", ["vitest", "run", "--project", "seeds"], {
  stdio: "inherit",
  env: { ...process.env, FIXPOINT_SEEDS: seeds },
})
process.exitCode = status ?? 1
