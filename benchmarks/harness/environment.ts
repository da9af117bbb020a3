/** Where a result comes from: figures of two machines, or of one under other load, are not comparable. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus, loadavg, release, totalmem, type } from "node:os"
import { fileURLToPath } from "node:url"

/** The machine and the code of a run. */
export interface Environment {
  readonly processor: string
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  readonly node: string
  /** The commit that was measured, with a + when the tree had changes on top. */
  readonly commit: string
}

function git(...args: string[]): string {
  try {
    const cwd = fileURLToPath(new URL("..", import.meta.url))
    return execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return ""
  }
}

export const environment = (): Environment => ({
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 1e9),
  system: `${type()} ${release()}`,
  node: process.versions.node,
  commit: git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "-uno", "../packages") ? "+" : ""),
})

/** Load average over a minute. */
export const load = (): number => Number((loadavg()[0] ?? 0).toFixed(1))

/** The installed version of a package. */
export function versionOf(name: string): string {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version
}
