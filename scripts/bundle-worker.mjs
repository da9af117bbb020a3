// Bundles the worker, its engine and its parts: `worker.js` and `parts/*.js` of `packages/fixpoint/dist`, as workers have no chunks
// where bundlers do not split them. The engine is loaded by the worker, which knows where files are, and a part by the engine. A
// part imports nothing: what it shares with the engine is handed to it when it is loaded, so that no code is there twice, and each
// class is one. docs/decisions/065-parts.md has the reasons.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { root } from "./set-up.mjs"

const source = join(root, "packages/fixpoint/src")
const dist = join(root, "packages/fixpoint/dist")
const partsFile = join(source, "parts.ts")
const homeFile = join(source, "home-file.ts")

/**
 * Modules that are cheaper in each file than shared: of mere numbers, and of functions most of which the worker does not use. None
 * of them may have a state or a class.
 */
const isCopied = (path) => /\/(base\/limits|codec\/value|db\/(conflict-note|file-rows|history-keys))\.ts$/.test(path)

/** The part that others stand on: it is loaded before them, and hands its values on to them as the worker does. */
const foundation = { name: "cells", of: ["history", "sync", "text", "undo", "yjs"] }

const settings = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  metafile: true,
  sourcemap: "linked",
  write: false,
  outdir: dist,
  logLevel: "warning",
}

/**
 * What is left to the bundlers of applications as it is, beside the bundle. The first is not to be analysed where workers cannot be
 * split: Vite looks for literals and templates, and esbuild sees through this.
 */
const imports = `// Loads parts for the worker.
export const beside = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ "./parts/" + name + ".js")
export const at = (address) => import(/* webpackIgnore: true */ /* @vite-ignore */ address)
`

/** The parts by name, each with the entry that parts.ts imports on demand. */
function readParts() {
  const found = [...readFileSync(partsFile, "utf8").matchAll(/(\w+): \(\) => import\("([^"]+)"\)/g)]
  return found.map(([, name, entry]) => ({ name, entry }))
}

/** A plugin by which a file of the source has other contents. */
const twinOf = (file, contents) => ({
  name: "twin",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => (path === file ? { contents, resolveDir: source } : undefined))
  },
})

/** Bundles the worker with a twin of home-file.ts, by which the engine is a file beside it that is told where the parts are. */
function bundleWorker(parts, buildName) {
  // Bundlers look for `new URL` as it is. Without the query they would turn a small file into a data: URL, which policies refuse.
  const placeOf = (name) => `new URL("./parts/${name}.js?no-inline", import.meta.url)`
  const contents = [
    'import { importBuilt } from "./built-file.ts"',
    'import { at, beside } from "./part-imports.js"',
    "const files = { here: import.meta.url, at, beside }",
    `const places = { ${parts.map(({ name }) => `${name}: ${placeOf(name)}`).join(", ")} }`,
    "export const loadHome = async () => {",
    `  const file = await importBuilt("engine", ${placeOf("engine")}, files)`,
    `  if (file.build !== "${buildName}") throw new Error("The engine is of another build than the worker.")`,
    "  return file.default(files, places)",
    "}",
  ].join("\n")
  return build({
    ...settings,
    entryPoints: [join(source, "worker.ts")],
    external: ["./part-imports.js"],
    plugins: [twinOf(homeFile, contents)],
  })
}

/** Bundles the engine with a twin of parts.ts, by which parts are files that get the values of `shared`. */
function bundleEngine(parts, { shared, buildName }) {
  const values = shared.map(({ path, name }, i) => `import { ${name} as value${i} } from "./${relative(source, path)}"`)
  const loaderOf = (name) =>
    `loaderOf("${name}", places.${name}, home${foundation.of.includes(name) ? ", foundation" : ""})`
  const loaders = parts.map(({ name }) => `${name}: ${name === foundation.name ? "foundation" : loaderOf(name)}`)
  const contents = [
    'import { onDemand } from "@fixpoint/core"',
    'import { loaderOf } from "./part-files.ts"',
    ...values,
    `const home = { ...files, build: "${buildName}", shared: [${shared.map((_, i) => `value${i}`).join(", ")}] }`,
    `const foundation = onDemand("${foundation.name}", ${loaderOf(foundation.name)})`,
    `export const parts = { ${loaders.join(", ")} }`,
  ].join("\n")
  return build({
    ...settings,
    entryPoints: [{ in: join(source, "worker-home.ts"), out: "engine" }],
    outdir: join(dist, "parts"),
    banner: { js: asFunction({ buildName, of: "files,places", isEager: true }) },
    plugins: [twinOf(partsFile, contents)],
  })
}

/**
 * How a file begins that is a function of what it gets. With `isEager` the browser compiles all of it at once, which it keeps: of
 * other files it keeps what ran as they were loaded, and compiles the rest anew in each worker, when it first runs.
 */
const asFunction = ({ buildName, of, isEager }) =>
  `${isEager ? "//# allFunctionsCalledOnLoad\n" : ""}export const build="${buildName}";export default(${of})=>{`

/** Parts that the first answers need. */
const isEager = (name) => ["indexes", "queries"].includes(name)

/** The names of the values that a module exports. */
async function exportsOf(path) {
  const { metafile } = await build({ ...settings, entryPoints: [path], packages: "external", sourcemap: false })
  return Object.values(metafile.outputs)[0].exports
}

/**
 * Bundles a part; `given` says of a value of another file's module what stands for it, or that it is not used, and undefined of a
 * module of the part's own. `handed` are the values that it hands on.
 */
function bundlePart({ name, entry }, { given, buildName, handed = [] }) {
  const sharing = {
    name: "sharing",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const stands = isCopied(path) ? undefined : given(path)
        if (stands === undefined) return undefined
        const values = await exportsOf(path)
        // What is imported by name and not used has to be there, and is dropped.
        return { contents: values.map((name) => `export const ${name} = ${stands(name) ?? "undefined"}`).join("\n") }
      })
    },
  }
  const contents = [
    `export * from ${JSON.stringify(entry)}`,
    // Source maps hold this text: no place of this machine may be in it.
    ...handed.map(({ path, name: own }, i) => `import { ${own} as handed${i} } from "./${relative(source, path)}"`),
    ...(name === foundation.name ? [`export const handed = [${handed.map((_, i) => `handed${i}`).join(", ")}]`] : []),
  ]
  return build({
    ...settings,
    stdin: { contents: contents.join("\n"), resolveDir: source, sourcefile: `${name}.ts` },
    outdir: join(dist, "parts"),
    entryNames: name,
    banner: { js: asFunction({ buildName, of: "shared,under", isEager: isEager(name) }) },
    plugins: [sharing],
  })
}

const textOf = ({ outputFiles }, ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text

/** A file as a function: the exports at its end become what it returns; licences and the place of the map may come behind. */
function returning(code) {
  const turned = code.replace(
    /export\{([^}]*)\};?(?=\s*(\/\*![^]*?\*\/\s*)?(\/\/# sourceMappingURL=.*\s*)?$)/,
    (_, list) => {
      const fields = list.split(",").map((one) => one.split(" as ").reverse().join(":"))
      return `return{${fields.join(",")}}}`
    },
  )
  if (turned === code) throw new Error("a file has no exports at its end")
  return turned
}

/** The modules of a bundle. One that it has nothing of is none of its own: it only hands on what others have. */
function modulesOf({ metafile }) {
  const { inputs } = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)
  return new Set(
    Object.keys(inputs)
      .filter((path) => inputs[path].bytesInOutput > 0)
      .map((path) => join(root, path)),
  )
}

/** Values by key, as code mentions them by `word` while it is not known which are used. */
function picking(word) {
  const byKey = new Map()
  const keyOf = ({ path, name }) => `${path.slice(root.length + 1)}:${name}`
  return {
    pick(path) {
      return (name) => {
        byKey.set(keyOf({ path, name }), { path, name })
        return `/* @__PURE__ */ ${word}("${keyOf({ path, name })}")`
      }
    },
    /** The values that are mentioned in codes. */
    usedIn(codes) {
      const found = codes.flatMap((code) => [...code.matchAll(new RegExp(`\\b${word}\\("([^"]+)"\\)`, "g"))])
      return [...new Set(found.map(([, key]) => key))].sort().map((key) => byKey.get(key))
    },
  }
}

/** Where values stand in an array. */
const placedIn = (array, values) => (path) => (name) => {
  const at = values.findIndex((value) => value.path === path && value.name === name)
  return at < 0 ? undefined : `${array}[${at}]`
}

/** The files of the worker's bundle, by their names in `dist`. */
export async function bundle() {
  const parts = readParts()
  const bare = await bundleEngine(parts, { shared: [], buildName: "" })
  const ofWorker = modulesOf(bare)
  ofWorker.delete(partsFile)

  // First to see which of the worker's values the parts use, and which of the foundation's; then with the places of those.
  const [ofOthers, ofFoundation] = [picking("pickShared"), picking("pickUnder")]
  const base = parts.find(({ name }) => name === foundation.name)
  const alone = (path) => (ofWorker.has(path) ? ofOthers.pick(path) : undefined)
  const lowest = modulesOf(await bundlePart(base, { given: alone, buildName: "" }))
  const isUnder = ({ name }, path) => foundation.of.includes(name) && lowest.has(path) && !ofWorker.has(path)
  const seen = []
  for (const part of parts) {
    const given = (path) => (isUnder(part, path) ? ofFoundation.pick(path) : alone(path))
    if (part !== base) seen.push(textOf(await bundlePart(part, { given, buildName: "" }), ".js"))
  }
  const handed = ofFoundation.usedIn(seen)
  seen.push(textOf(await bundlePart(base, { given: alone, buildName: "", handed }), ".js"))
  const shared = ofOthers.usedIn(seen)
  const buildName = createHash("sha256")
    .update([textOf(await bundleWorker(parts, ""), ".js"), textOf(bare, ".js"), ...seen].join("\n"))
    .digest("hex")
    .slice(0, 8)

  const worker = await bundleWorker(parts, buildName)
  const engine = await bundleEngine(parts, { shared, buildName })
  const files = new Map([
    ["worker.js", textOf(worker, ".js")],
    ["worker.js.map", textOf(worker, ".map")],
    ["part-imports.js", imports],
    ["parts/engine.js", returning(textOf(engine, ".js"))],
    ["parts/engine.js.map", textOf(engine, ".map")],
  ])
  const [inWorker, inFoundation] = [placedIn("shared", shared), placedIn("under", handed)]
  for (const part of parts) {
    const given = (path) => (isUnder(part, path) ? inFoundation(path) : ofWorker.has(path) ? inWorker(path) : undefined)
    const bundled = await bundlePart(part, { given, buildName, handed: part === base ? handed : [] })
    files.set(`parts/${part.name}.js`, returning(textOf(bundled, ".js")))
    files.set(`parts/${part.name}.js.map`, textOf(bundled, ".map"))
  }
  return files
}

/** Puts the bundle into a folder; in `dist` it takes the place of the worker as the compiler gave it. */
export async function writeBundle(folder = dist) {
  rmSync(join(folder, "parts"), { recursive: true, force: true })
  for (const [name, text] of await bundle()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeBundle(process.argv[2])
