/**
 * Rules on who imports whom. Owns the map of layers: packages, folders of core, and the one home of each dependency.
 */
import { isProduct, isSource, isTest, type Module, type Rule, type Tree } from "../source.ts"

/**
 * For each folder of core, the folders it may import from. `api`, the engine's interface, speaks of stores and buckets, and is
 * spoken of by what answers queries. `engine.ts` and the entry files stand above them all. ARCHITECTURE.md has the same as a table.
 */
export const folders: Readonly<Record<string, readonly string[]>> = {
  base: [],
  codec: ["base"],
  clock: ["base"],
  crypto: ["base", "codec"],
  crdt: ["base", "codec", "clock"],
  sync: ["base", "codec", "clock", "crypto", "crdt"],
  lsm: ["base", "codec", "crypto"],
  api: ["base", "sync", "lsm"],
  query: ["base", "codec", "api"],
  db: ["base", "codec", "clock", "crypto", "crdt", "sync", "lsm", "api", "query"],
  conflicts: ["base", "codec", "clock", "crdt", "api", "db"],
  history: ["base", "codec", "clock", "crdt", "lsm", "api", "query", "db"],
  search: ["base", "codec", "crdt", "lsm", "api", "query", "db"],
  undo: ["base", "codec", "clock", "crdt", "api", "db"],
  text: ["base", "codec", "clock", "crdt", "lsm", "api", "db"],
  files: ["base", "codec", "crypto", "lsm", "db"],
}

/** For each package, the packages of ours that its source may import. */
const packages: Record<string, readonly string[]> = {
  "packages/core": [],
  "packages/fixpoint": ["@fixpoint/core", "@fixpoint/gateways"],
  "packages/gateways": ["@fixpoint/core"],
  "packages/cli": ["@fixpoint/core", "@fixpoint/gateways"],
  "packages/testkit": ["@fixpoint/core"],
  "packages/demo": ["@fixpoint/core", "@fixpoint/gateways", "fixpoint"],
}

/** Where a dependency may be imported in the source of packages. */
const homes: Record<string, RegExp> = {
  idb: /^packages\/(core\/src\/lsm\/idb-(store|connection|log-turn)|demo\/.*|testkit\/.*)\.ts$/,
  "@fixpoint/gateways": /^packages\/(cli\/|demo\/|fixpoint\/src\/remote-part\.ts$)/,
  comlink: /^packages\/fixpoint\/src\//,
  "@ipld/dag-cbor": /^packages\/core\/src\/codec\/cbor\.ts$/,
  multiformats: /^packages\/core\/src\/codec\/cid\.ts$/,
  yjs: /^packages\/(core\/src\/text\/|fixpoint\/src\/text\/|testkit\/src\/engine\/typists\.ts)/,
  "y-protocols": /^packages\/fixpoint\/src\/text\//,
}

const bare = (from: string) =>
  from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/")
const isOurs = (name: string) => name === "fixpoint" || name.startsWith("@fixpoint/")
const folderOf = (path: string) => /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1]
const edges = (tree: Tree, keep: (path: string) => boolean) =>
  tree.modules.filter(({ path }) => keep(path)).flatMap((module) => module.imports.map((one) => ({ module, one })))

const levels: Rule = {
  name: "a folder of core imports only from folders above it",
  check: (tree) =>
    edges(tree, (path) => isSource(path) && folderOf(path) !== undefined).flatMap(({ module, one }) => {
      const from = folderOf(module.path) ?? ""
      const allowed = folders[from]
      if (!allowed) return [`${module.path}: folder ${from} has no level; give it one in test/tidy/rules/imports.ts`]
      if (!one.path) return []
      const to = folderOf(one.path) ?? one.path
      return to === from || allowed.includes(to)
        ? []
        : [`${module.path}:${one.line} imports ${one.from}: ${from} is below ${to}`]
    }),
  bad: [
    { "packages/core/src/codec/a.ts": 'import { b } from "../lsm/b.ts"' },
    { "packages/core/src/db/a.ts": 'import type { b } from "../engine.ts"' },
    { "packages/core/src/misc/a.ts": 'import { b } from "../base/b.ts"' },
  ],
  good: [
    { "packages/core/src/lsm/a.ts": 'import { b } from "../codec/b.ts"\nimport { c } from "./c.ts"' },
    { "packages/core/src/query/a.ts": 'import type { b } from "../api/b.ts"' },
    { "packages/core/src/engine.ts": 'import { b } from "./sync/b.ts"' },
  ],
}

const directions: Rule = {
  name: "packages import only what stands below them, by its entries",
  check: (tree) =>
    edges(tree, isSource).flatMap(({ module, one }) => {
      const home = module.path.split("/").slice(0, 2).join("/")
      const at = `${module.path}:${one.line}`
      if (one.path) return one.path.startsWith(`${home}/`) ? [] : [`${at} leaves its package: ${one.from}`]
      const name = bare(one.from)
      if (!isOurs(name)) return []
      if (!packages[home]?.includes(name)) return [`${at} must not import ${name}`]
      return one.from.split("/").includes("src") ? [`${at} reaches into ${name}`] : []
    }),
  bad: [
    { "packages/core/src/a.ts": 'import { b } from "fixpoint"' },
    { "packages/fixpoint/src/a.ts": 'import { b } from "../../core/src/index.ts"' },
    { "packages/fixpoint/src/a.ts": 'import { b } from "@fixpoint/core/src/b.ts"' },
    { "packages/fixpoint/src/a.ts": 'import { b } from "@fixpoint/testkit"' },
  ],
  good: [{ "packages/fixpoint/src/a.ts": 'import { b } from "@fixpoint/core/codec"' }],
}

const homesRule: Rule = {
  name: "a dependency is imported from its one home",
  check: (tree) =>
    edges(tree, isSource).flatMap(({ module, one }) => {
      const home = one.path ? undefined : homes[bare(one.from)]
      return !home || home.test(module.path) ? [] : [`${module.path}:${one.line} imports ${one.from}`]
    }),
  bad: [
    { "packages/core/src/lsm/wal.ts": 'import { openDB } from "idb"' },
    { "packages/core/src/base/a.ts": 'import { wrap } from "comlink"' },
    { "packages/core/src/codec/rows.ts": 'import { encode } from "@ipld/dag-cbor"' },
    { "packages/core/src/codec/cbor.ts": 'import { CID } from "multiformats/cid"' },
  ],
  good: [
    { "packages/core/src/lsm/idb-store.ts": 'import { openDB } from "idb"' },
    { "packages/core/src/codec/cid.ts": 'import { CID } from "multiformats/cid"' },
  ],
}

/** The first cycle found from each module that is on one, as a list of paths. */
function cycles(modules: readonly Module[]): string[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const state = new Map<string, "open" | "done">()
  const found: string[][] = []
  const visit = (path: string, trail: string[]) => {
    if (state.get(path) === "done") return
    if (state.get(path) === "open") return void found.push([...trail.slice(trail.indexOf(path)), path])
    state.set(path, "open")
    for (const one of byPath.get(path)?.imports ?? [])
      if (one.path && byPath.has(one.path) && !isWorkerUrl(one.from)) visit(one.path, [...trail, path])
    state.set(path, "done")
  }
  for (const { path } of modules) visit(path, [])
  return found
}
const isWorkerUrl = (from: string) => from.endsWith(".js")

const noCycles: Rule = {
  name: "no cycles, not even of types",
  check: (tree) => cycles(tree.modules.filter(({ path }) => isSource(path))).map((cycle) => cycle.join(" → ")),
  bad: [
    {
      "packages/core/src/base/a.ts": 'import { b } from "./b.ts"',
      "packages/core/src/base/b.ts": 'import type { a } from "./a.ts"',
    },
  ],
  good: [{ "packages/core/src/base/a.ts": 'import { b } from "./b.ts"', "packages/core/src/base/b.ts": "export {}" }],
}

const isEntry = (path: string) =>
  /^packages\/[^/]+\/src\/([^/]+-entry|index|contracts|edge|worker-default)\.ts$/.test(path)

const noBarrels: Rule = {
  name: "only entry files re-export",
  check: (tree) =>
    tree.modules
      .filter(({ path }) => isSource(path) && !isEntry(path))
      .flatMap(({ path, text }) =>
        /^export\s+(type\s+)?(\*|\{[^}]*\})\s*(as\s+\w+\s+)?from\s/m.test(text) ? [path] : [],
      ),
  bad: [
    { "packages/core/src/lsm/index.ts": 'export * from "./wal.ts"' },
    { "packages/core/src/lsm/lsm.ts": 'export {\n  a,\n  b,\n} from "./wal.ts"' },
  ],
  good: [{ "packages/core/src/index.ts": 'export { a } from "./lsm/wal.ts"' }],
}

/** Entry files as the package.json of each package names them. */
function entries(tree: Tree): string[] {
  return [...tree.texts].flatMap(([path, text]) => {
    const home = /^(packages\/[^/]+)\/package\.json$/.exec(path)?.[1]
    if (!home) return []
    const { exports = {}, bin = {} } = JSON.parse(text) as Partial<Record<"exports" | "bin", Record<string, string>>>
    const commands = Object.values(bin).map((file) => file.replace("/dist/", "/src/").replace(/\.js$/, ".ts"))
    return [...Object.values(exports), ...commands].map((file) => `${home}/${file.slice(2)}`)
  })
}

/** Reached from the bundle of the worker alone, which scripts/bundle-worker.mjs makes. */
const bundled = ["packages/fixpoint/src/part-files.ts"]

const noOrphans: Rule = {
  name: "every source file is reached from an entry",
  check: (tree) => {
    const byPath = new Map(tree.modules.map((module) => [module.path, module]))
    const reached = new Set([...entries(tree), ...bundled])
    for (const path of reached) for (const one of byPath.get(path)?.imports ?? []) if (one.path) reached.add(one.path)
    const wanted = tree.modules.filter(({ path }) => isSource(path) && !path.startsWith("packages/demo/"))
    return wanted.filter(({ path }) => !reached.has(path)).map(({ path }) => path)
  },
  bad: [
    {
      "packages/core/package.json": '{"exports":{".":"./src/index.ts"}}',
      "packages/core/src/index.ts": "",
      "packages/core/src/base/lost.ts": "",
    },
  ],
  good: [
    {
      "packages/core/package.json": '{"exports":{".":"./src/index.ts"}}',
      "packages/core/src/index.ts": 'new Worker(new URL("./worker.js", import.meta.url))',
      "packages/core/src/worker.ts": "",
    },
    { "packages/cli/package.json": '{"bin":{"fixpoint":"./dist/main.js"}}', "packages/cli/src/main.ts": "" },
  ],
}

const noTestImports: Rule = {
  name: "source imports no tests and no test tools",
  check: (tree) =>
    edges(tree, isProduct).flatMap(({ module, one }) => {
      const tool = ["vitest", "fast-check", "fake-indexeddb"].includes(bare(one.from)) || isTest(one.path ?? "")
      return tool ? [`${module.path}:${one.line} imports ${one.from}`] : []
    }),
  bad: [{ "packages/core/src/a.ts": 'import { test } from "vitest"' }],
  good: [{ "packages/core/src/a.test.ts": 'import { test } from "vitest"' }],
}

export const importRules: Rule[] = [levels, directions, homesRule, noCycles, noBarrels, noOrphans, noTestImports]
