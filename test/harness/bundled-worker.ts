/**
 * Gives pages under test the worker as it is shipped, one file with its parts beside it, in place of a hundred modules of its
 * source: a worker starts in a fraction of the time, and what is tested is what applications get.
 * Owns: that bundle, made anew in `.cache` by each run that asks for it, and removed at its end.
 */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "vite"

const root = join(import.meta.dirname, "../..")
const folder = join(root, ".cache", `worker-${process.pid}`)
const held = { isBuilt: false }

function build(): void {
  if (held.isBuilt) return
  execFileSync(process.execPath, [join(root, "scripts/bundle-worker.mjs"), folder], { stdio: "inherit" })
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  held.isBuilt = true
}

const isDefaultWorker = (importer = "") => /\/fixpoint\/src\/worker-default\.ts(\?|$)/.test(importer)

/** The plugin of Vite that does so. */
export const bundledWorker = (): Plugin => ({
  name: "bundled-worker",
  enforce: "pre",
  resolveId(source, importer) {
    if (source !== "fixpoint/worker" && !(source === "./worker.ts" && isDefaultWorker(importer))) return undefined
    build()
    return join(folder, "worker.js")
  },
})
