// The entry of `npm run bench`: plain Node, which loads the harness in TypeScript through Vite's module runner.
import { fileURLToPath } from "node:url"
import { runnerImport } from "vite"

const harness = fileURLToPath(new URL("harness/main.ts", import.meta.url))
const { module } = await runnerImport(harness, { configFile: false, logLevel: "error" })
process.exitCode = await module.main(process.argv.slice(2))
