// What is published works without the workspace: the packed files, their entries, in plain Node.
import { execFileSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

const packages = join(import.meta.dirname, "../../packages")
const site = mkdtempSync(join(tmpdir(), "fixpoint-packed-"))

interface Manifest {
  readonly exports: Record<string, { readonly types: string; readonly default: string }>
  readonly dependencies: Record<string, string>
}
const read = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
const folderOf = (name: string) => join(site, "node_modules", name)

/** Packs a package into the site's node_modules, and links what it depends on from outside the workspace. */
function place(folder: string, name: string): void {
  const out = join(site, "packs", folder)
  mkdirSync(out, { recursive: true })
  execFileSync("pnpm", ["pack", "--pack-destination", out], { cwd: join(packages, folder), stdio: "pipe" })
  execFileSync("tar", ["-xzf", join(out, readdirSync(out)[0] ?? ""), "-C", out])
  mkdirSync(dirname(folderOf(name)), { recursive: true })
  cpSync(join(out, "package"), folderOf(name), { recursive: true })
  for (const dependency of Object.keys(read(folderOf(name)).dependencies)) {
    const target = join(site, "node_modules", dependency)
    if (dependency.startsWith("@fixpoint/") || existsSync(target)) continue
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(realpathSync(join(packages, folder, "node_modules", dependency)), target)
  }
}

beforeAll(() => {
  expect(existsSync(join(packages, "fixpoint/dist")), "nothing is built; pnpm build first").toBe(true)
  place("core", "@fixpoint/core")
  place("fixpoint", "fixpoint")
}, 60_000)
afterAll(() => rmSync(site, { recursive: true, force: true }))

test.each(["@fixpoint/core", "fixpoint"])("%s names only files that are packed", (name) => {
  const { exports, dependencies } = read(folderOf(name))
  const files = Object.values(exports).flatMap((entry) => [entry.types, entry.default])
  expect(files.filter((file) => !existsSync(join(folderOf(name), file)))).toEqual([])
  expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test.each(["@fixpoint/core", "fixpoint"])("%s packs no tests", (name) => {
  const files = readdirSync(folderOf(name), { recursive: true, encoding: "utf8" })
  expect(files.filter((file) => /\.test\.|tsbuildinfo/.test(file))).toEqual([])
})

const entries = [
  "@fixpoint/core",
  "@fixpoint/core/codec",
  "@fixpoint/core/errors",
  "@fixpoint/core/log",
  "fixpoint",
  "fixpoint/edge",
]
test.each(entries)("%s is imported by plain Node and has no side effect", (entry) => {
  const code = `const before = Object.keys(globalThis).length
    const names = Object.keys(await import("${entry}"))
    console.log(JSON.stringify({ some: names.length > 0, added: Object.keys(globalThis).length - before }))`
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: site, encoding: "utf8" })
  expect(JSON.parse(printed)).toEqual({ some: true, added: 0 })
})
