// `npm run bench`: sets up and runs the benchmarks; what follows `--` goes to them.
import { run, setUp } from "./set-up.mjs"

await setUp()
const args = process.argv.slice(2)
const command = ["--silent", "--filter", "@fixpoint/benchmarks", "start", ...args]
process.exitCode = await run("pnpm", command, { limitMs: 2 ** 31 - 1 })
