// `npm run bench`: sets up, builds, and runs the benchmarks on what was built; what follows `--` goes to them.
import { run, say, setUp } from "./set-up.mjs"

const args = process.argv.slice(2).filter((arg) => arg !== "--")
const engine = args[args.indexOf("--engine") + 1]
const chosen = ["firefox", "webkit"].includes(engine) ? [engine] : ["chromium"]
await setUp(args.includes("--engine") && engine === "all" ? undefined : chosen)
const isRead = ["--check", "--report", "--help"].some((flag) => args.includes(flag))
const built = isRead ? 0 : await run("pnpm", ["--silent", "build"])
if (built !== 0) say("The packages could not be built; see above.")
process.exitCode = built || (await run(process.execPath, ["benchmarks/run.mjs", ...args], { limitMs: 2 ** 31 - 1 }))
