// `npm run demo`: sets up, then builds and serves the page; what follows `--` goes to the demo itself. The page is built from
// the packages' sources, so no other build comes first.
import { run, setUp } from "./set-up.mjs"

const args = process.argv.slice(2)
await setUp(args.includes("--check") ? ["chromium"] : [])
process.exitCode = await run("pnpm", ["--silent", "--filter", "@fixpoint/demo", "start", ...args], {
  limitMs: 2 ** 31 - 1,
})
