// What is published works without the workspace: the packed files, their entries, in plain Node and through bundlers.
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as esbuild from "esbuild"
import { build } from "vite"
import { afterAll, beforeAll, expect, test } from "vitest"
import { manifestOf, placePackages, root } from "./place.ts"

const held: { site: string } = { site: "" }
const published = ["@fixpoint/core", "@fixpoint/gateways", "@fixpoint/cli", "fixpoint"]
const folderOf = (name: string) => join(held.site, "node_modules", name)
beforeAll(() => {
  held.site = placePackages()
}, 60_000)
afterAll(() => rmSync(held.site, { recursive: true, force: true }))

interface Runtime {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** What ends a program whose database is open: a broadcast channel keeps Deno alive. */
  readonly end?: string
}
const installed = (name: string) => join(root, "test/node_modules/.bin", name)
const node: Runtime = { name: "Node", command: process.execPath, args: [] }
const runtimes: readonly Runtime[] = [
  node,
  {
    name: "Deno",
    command: installed("deno"),
    args: ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"],
    end: "await db.close()",
  },
  { name: "Bun", command: installed("bun"), args: [] },
]

/** Runs a program beside the packages; each runtime has a home of its own. */
function run(code: string, { name, command, args }: Runtime = node): string {
  const file = join(held.site, "program.mjs")
  writeFileSync(file, code)
  writeFileSync(join(held.site, "package.json"), JSON.stringify({ dependencies: { fixpoint: "*" } }))
  const env = { ...process.env, FIXPOINT_HOME: join(held.site, `home-${name}`) }
  return execFileSync(command, [...args, file], { cwd: held.site, encoding: "utf8", env })
}

test.each(published)("%s names only files that are packed", (name) => {
  const { exports, dependencies = {} } = manifestOf(folderOf(name))
  const files = Object.values(exports).flatMap((entry) => [entry.types, entry.default])
  expect(files.filter((file) => !existsSync(join(folderOf(name), file)))).toEqual([])
  expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test.each(published)("%s packs no tests", (name) => {
  const files = readdirSync(folderOf(name), { recursive: true, encoding: "utf8" })
  expect(files.filter((file) => /\.test\.|tsbuildinfo/.test(file))).toEqual([])
})

/** Yjs marks the global object, so that a second copy of it can say that classes of two copies do not mix. */
const marks: Readonly<Record<string, readonly string[]>> = { "@fixpoint/core/yjs": ["__ $YJS$ __"] }

test("every entry is imported by plain Node and has no side effect but the mark of Yjs", () => {
  const entries = published.flatMap((name) =>
    Object.keys(manifestOf(folderOf(name)).exports).map((entry) => name + entry.slice(1)),
  )
  const found = run(`const told = []
    for (const entry of ${JSON.stringify(entries)}) {
      const before = new Set(Reflect.ownKeys(globalThis))
      const names = Object.keys(await import(entry))
      const left = Reflect.ownKeys(globalThis).filter((key) => !before.has(key))
      told.push([entry, names.length > 0, left.map(String)])
    }
    console.log(JSON.stringify(told))`)
  expect(JSON.parse(found)).toEqual(entries.map((entry) => [entry, true, marks[entry] ?? []]))
})

test.each(runtimes)("fixpoint/edge keeps a database in files in $name, and the process ends", (runtime) => {
  const write = `import { fixpoint } from "fixpoint/edge"
    const db = fixpoint("app")
    const told = new Promise((resolve) => db.where({ of: "told" }).watch(({ length }) => length > 0 && resolve(length)))
    await db.put({ _id: "milk", at: new Date(5), of: "told" })
    console.log(db.status.persistence, await told)
    ${runtime.end ?? ""}`
  const read = `import { fixpoint } from "fixpoint/edge"
    const db = fixpoint("app")
    console.log(JSON.stringify([await db.get("milk"), (await db.check({ deep: true })).ok]))
    await db.close()`
  expect(run(write, runtime)).toBe("fs 1\n")
  expect(JSON.parse(run(read, runtime))).toEqual([{ _id: "milk", at: "1970-01-01T00:00:00.005Z", of: "told" }, true])
})

test("the fixpoint command runs, and its exit code says how it went", () => {
  const main = join(folderOf("@fixpoint/cli"), "dist/main.js")
  expect(execFileSync(process.execPath, [main, "help"], { encoding: "utf8" })).toContain("fixpoint <verb>")
  const { status, stdout } = spawnSync(process.execPath, [main, "serve", "--port", "x", "--json"], { encoding: "utf8" })
  expect([status, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([2, "INVALID_ARGUMENT"])
})

test("fixpoint in plain Node, where there is no IndexedDB, keeps data in memory and says so", () => {
  const code = `import { fixpoint, setLogSink } from "fixpoint"
    const told = []
    setLogSink(({ level, msg }) => told.push(level + " " + msg))
    const db = fixpoint("app")
    db.on("error", ({ code }) => told.push(code))
    await db.put({ _id: "a" })
    console.log(JSON.stringify([db.status.persistence, db.status.error.code, (await db.get("a"))._id, told]))
    await db.close()`
  const [persistence, refusal, id, told] = JSON.parse(run(code)) as [string, string, string, string[]]
  expect([persistence, refusal, id]).toEqual(["memory", "STORE_UNAVAILABLE", "a"])
  expect(told).toEqual(expect.arrayContaining(["warn data is kept in memory alone", "STORE_UNAVAILABLE"]))
})

const page = 'import { fixpoint } from "fixpoint"\nglobalThis.db = fixpoint("app")\n'

test("Vite finds the worker, and puts the engine there and not into the page", async () => {
  writeFileSync(join(held.site, "index.html"), '<script type="module" src="./page.js"></script>')
  writeFileSync(join(held.site, "page.js"), page)
  const outDir = join(held.site, "out-vite")
  await build({ root: held.site, configFile: false, logLevel: "error", build: { outDir, modulePreload: false } })
  const files = readdirSync(join(outDir, "assets")).map((name) => ({
    name,
    text: readFileSync(join(outDir, "assets", name), "utf8"),
  }))
  const worker = files.find(({ name }) => name.startsWith("worker-default"))
  // Chunks of the engine may be called index-… too: the page's is the one that the document names.
  const html = readFileSync(join(outDir, "index.html"), "utf8")
  const entry = files.find(({ name }) => html.includes(`/assets/${name}`))
  const engine = files.find(({ name }) => /^engine-[^.]*\.js$/.test(name) && worker?.text.includes(name))
  expect(engine?.text).toContain("indexedDB")
  expect(worker?.text, "what a browser compiles anew each time is small").not.toContain("indexedDB")
  expect(engine?.text, "what it may keep is compiled at once").toMatch(/^\/\/# allFunctionsCalledOnLoad\n/)
  expect(entry?.text).toContain(worker?.name)
  expect(entry?.text).not.toContain("indexedDB.open")
  expect(files.filter(({ text }) => /from ?["'](node:|fixpoint|@fixpoint)/.test(text))).toEqual([])
  const part = files.find(({ name }) => /^check-[^.]*\.js$/.test(name) && worker?.text.includes(name))
  expect(part?.text, "what is not needed by every database is a file of its own").toContain("checkStore")
  expect(engine?.text).not.toContain("the filter knows every key")
})

test("a part imports nothing, and knows no place of the machine that built it", () => {
  const folder = join(folderOf("fixpoint"), "dist")
  const files = ["worker.js", ...readdirSync(join(folder, "parts")).map((name) => `parts/${name}`)]
  expect(files).toEqual(expect.arrayContaining(["parts/engine.js", "parts/check.js", "parts/check.js.map"]))
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8")
    expect(text).not.toContain(root)
    if (/^parts.*js$/.test(file)) expect(text).not.toMatch(/\bimport\b/)
  }
})

test("esbuild bundles a page, and a worker file of four lines", async () => {
  const worker = 'import { serve } from "fixpoint/worker"\nserve()\n'
  for (const [name, contents] of [
    ["page", page],
    ["worker", worker],
  ] as const) {
    const { outputFiles, warnings } = await esbuild.build({
      stdin: { contents, resolveDir: held.site },
      bundle: true,
      format: "esm",
      splitting: true,
      platform: "browser",
      outdir: join(held.site, `out-${name}`),
      write: false,
      logLevel: "silent",
    })
    expect(warnings).toEqual([])
    expect(outputFiles.some(({ text }) => text.includes("indexedDB"))).toBe(true)
  }
})
