// `npm run demo`: sets up, builds and starts the demo; what follows `--` goes to the demo itself.
import { run, say, setUp } from "./set-up.mjs"

const args = process.argv.slice(2)
await setUp(args.includes("--check") ? ["chromium"] : [])
if ((await run("pnpm", ["--silent", "build"])) !== 0) {
  say("The build failed; the demo is not started. To see why: npm run build")
  process.exit(1)
}
process.exitCode = await run("pnpm", ["--silent", "--filter", "@fixpoint/demo", "start", ...args], {
  limitMs: 2 ** 31 - 1,
})
