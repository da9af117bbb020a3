// Builds the packages: TypeScript, with the arguments given, then the bundle of the worker in place of its plain file.
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { writeBundle } from "./bundle-worker.mjs"
import { root } from "./set-up.mjs"

try {
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" })
  await writeBundle()
} catch (error) {
  // The compiler has said what is wrong.
  if (error.status === undefined) throw error
  process.exitCode = 1
}
