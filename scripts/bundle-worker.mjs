// Bundles the worker and its parts: `worker.js` and `parts/*.js` of `packages/fixpoint/dist`, as workers have no chunks where
// bundlers do not split them. A part imports nothing: what it shares with the worker is handed to it when it is loaded, so that
// no code is there twice, and each class is one. docs/decisions/065-parts.md has the reasons.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { root } from "./set-up.mjs"

const source = join(root, "packages/fixpoint/src")
const dist = join(root, "packages/fixpoint/dist")
const partsFile = join(source, "parts.ts")

/**
 * Modules that are cheaper in each file than shared: of mere numbers, and of functions most of which the worker does not use. None
 * of them may have a state or a class.
 */
const isCopied = (path) => /\/(base\/limits|codec\/value|db\/(conflict-note|file-rows|history-keys))\.ts$/.test(path)

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

/** Bundles the worker with a twin of parts.ts, by which parts are files that get the values of `shared`. */
function bundleWorker(parts, { shared, buildName }) {
  const values = shared.map(({ path, name }, i) => `import { ${name} as value${i} } from ${JSON.stringify(path)}`)
  // Bundlers look for `new URL` as it is. Without the query they would turn a small file into a data: URL, which policies refuse.
  const loaders = parts.map(
    ({ name }) =>
      `${name}: loaderOf("${name}", new URL("./parts/${name}.js?no-inline", import.meta.url), import.meta.url, home)`,
  )
  const contents = [
    'import { loaderOf } from "./part-files.ts"',
    'import { at, beside } from "./part-imports.js"',
    ...values,
    `const home = { at, beside, build: "${buildName}", shared: [${shared.map((_, i) => `value${i}`).join(", ")}] }`,
    `export const parts = { ${loaders.join(", ")} }`,
  ].join("\n")
  const twin = {
    name: "twin",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]parts\.ts$/ }, ({ path }) =>
        path === partsFile ? { contents, resolveDir: source } : undefined,
      )
    },
  }
  return build({
    ...settings,
    entryPoints: [join(source, "worker.ts")],
    external: ["./part-imports.js"],
    plugins: [twin],
  })
}

/** The names of the values that a module exports. */
async function exportsOf(path) {
  const { metafile } = await build({ ...settings, entryPoints: [path], packages: "external", sourcemap: false })
  return Object.values(metafile.outputs)[0].exports
}

/** Bundles a part; `given` says of a value of the worker's modules what stands for it, or that it is not used. */
function bundlePart({ name, entry }, { ofWorker, given, buildName }) {
  const sharing = {
    name: "sharing",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!ofWorker.has(path) || isCopied(path)) return undefined
        const values = (await exportsOf(path)).map((value) => [value, given({ path, name: value })])
        // What is imported by name and not used has to be there, and is dropped.
        return { contents: values.map(([value, given = "undefined"]) => `export const ${value} = ${given}`).join("\n") }
      })
    },
  }
  return build({
    ...settings,
    stdin: { contents: `export * from ${JSON.stringify(entry)}`, resolveDir: source, sourcefile: `${name}.ts` },
    outdir: join(dist, "parts"),
    entryNames: name,
    banner: { js: `export const build="${buildName}";export default shared=>{` },
    plugins: [sharing],
  })
}

const textOf = ({ outputFiles }, ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text

/** A part as a function: the exports at its end become what it returns. */
function returning(code) {
  const turned = code.replace(/export\{([^}]*)\};?(?=\s*(\/\/# sourceMappingURL=.*\s*)?$)/, (_, list) => {
    const fields = list.split(",").map((one) => one.split(" as ").reverse().join(":"))
    return `return{${fields.join(",")}}}`
  })
  if (turned === code) throw new Error("a part has no exports at its end")
  return turned
}

/** The files of the worker's bundle, by their names in `dist`. */
export async function bundle() {
  const parts = readParts()
  const bare = await bundleWorker(parts, { shared: [], buildName: "" })
  // A module that the bundle has nothing of is no module of the worker's: it only hands on what others have.
  const { inputs } = Object.values(bare.metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)
  const used = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0)
  const ofWorker = new Set(used.map((path) => join(root, path)))
  ofWorker.delete(partsFile)

  // First to see which of the worker's values the parts use, then with the places of those.
  const keyOf = ({ path, name }) => `${path.slice(root.length + 1)}:${name}`
  const byKey = new Map()
  const pick = (value) => {
    byKey.set(keyOf(value), value)
    return `/* @__PURE__ */ pick("${keyOf(value)}")`
  }
  const seen = []
  for (const part of parts) seen.push(textOf(await bundlePart(part, { ofWorker, given: pick, buildName: "" }), ".js"))
  const picked = new Set(seen.flatMap((code) => [...code.matchAll(/\bpick\("([^"]+)"\)/g)].map(([, key]) => key)))
  const keys = [...picked].sort()
  const buildName = createHash("sha256")
    .update([textOf(bare, ".js"), ...seen, ...keys].join("\n"))
    .digest("hex")
    .slice(0, 8)
  const place = (value) => (picked.has(keyOf(value)) ? `shared[${keys.indexOf(keyOf(value))}]` : undefined)

  const worker = await bundleWorker(parts, { shared: keys.map((key) => byKey.get(key)), buildName })
  const files = new Map([
    ["worker.js", textOf(worker, ".js")],
    ["worker.js.map", textOf(worker, ".map")],
    ["part-imports.js", imports],
  ])
  for (const part of parts) {
    const bundled = await bundlePart(part, { ofWorker, given: place, buildName })
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
