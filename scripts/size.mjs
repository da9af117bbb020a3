// The size report: bundles each entry as an app would, compresses it with brotli, holds it to its budget and to the README's
// table. The worker and its parts are those that were built last. `--write` puts the measured figures into the README.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync } from "node:zlib"
import { build } from "esbuild"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const budgets = JSON.parse(readFileSync(join(root, "benchmarks/size/budgets.json"), "utf8"))
const source = join(root, "packages/fixpoint/src")

const page = { file: "index.ts", contents: 'import { fixpoint } from "./index.ts"; globalThis.keep = fixpoint' }
const gateway = { home: join(root, "packages/gateways/src"), file: "s3-entry.ts" }
const entries = {
  page,
  /** What a page loads besides when it opens a database in a worker. */
  opening: { ...page, file: "connected-worker.ts", isLater: true },
  worker: { file: "../dist/worker-default.js", contents: 'import "../dist/worker-default.js"' },
  edge: {
    file: "edge.ts",
    contents: 'import { fixpoint } from "./edge.ts"; globalThis.keep = fixpoint',
    platform: "node",
  },
  s3: { ...gateway, contents: 'import { s3 } from "./s3-entry.ts"; globalThis.keep = s3' },
  /** What is loaded with its first call, where no worker has it. */
  s3Calls: { ...gateway, contents: 'import { openS3 } from "./s3-gateway.ts"; globalThis.keep = openS3' },
}

/**
 * Bytes of what loads at once: the entry and the chunks it imports statically, each compressed as a file of its own. With
 * `isLater`, of what loads besides when the entry imports `file` on demand.
 */
async function measure({ contents, file, home = source, isLater = false, platform = "browser" }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: home, sourcefile: "entry.ts", loader: "ts" },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform,
    metafile: true,
    write: false,
    outdir: join(root, "out"),
    logLevel: "error",
  })
  // What is imported on demand is an entry point as well.
  const first = Object.keys(metafile.outputs).find((name) => name.endsWith("stdin.js"))
  const atOnce = closureOf(first, metafile)
  const later = Object.keys(metafile.outputs).find((name) => metafile.outputs[name].entryPoint?.endsWith(`/${file}`))
  const loaded = isLater ? new Set([...closureOf(later, metafile)].filter((name) => !atOnce.has(name))) : atOnce
  const files = outputFiles.filter(({ path }) => loaded.has(path.slice(root.length + 1)))
  const bytes = files.reduce((sum, { contents: code }) => sum + brotliCompressSync(code).length, 0)
  return { bytes, minified: files.reduce((sum, { contents: code }) => sum + code.length, 0) }
}

/** A chunk and all that it imports statically. */
function closureOf(chunk, { outputs }) {
  const closure = new Set([chunk])
  for (const name of closure)
    for (const { path, kind, external } of outputs[name].imports)
      if (kind === "import-statement" && !external) closure.add(path)
  return closure
}

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
const rows = []
let failed = false
const built = readdirSync(join(source, "../dist/parts")).filter((file) => file.endsWith(".js"))
for (const file of built)
  entries[file.slice(0, -3)] = {
    file: `../dist/parts/${file}`,
    contents: `export { default } from "../dist/parts/${file}"`,
  }
for (const [name, entry] of Object.entries(entries)) {
  if (!existsSync(join(entry.home ?? source, entry.file))) {
    process.stdout.write(`${name}: packages/fixpoint/src/${entry.file} is missing; pnpm build first\n`)
    failed = true
    continue
  }
  const { bytes, minified } = await measure(entry)
  const { label, what, bytesMax } = budgets[name] ?? { label: name, what: "has no budget yet", bytesMax: 0 }
  const over = bytes > bytesMax
  failed ||= over
  rows.push({ label, what, bytes })
  process.stdout.write(
    `${label.padEnd(12)} ${String(minified).padStart(7)} B minified ${String(bytes).padStart(6)} B brotli, ` +
      `budget ${bytesMax} B${over ? "  OVER BUDGET" : ""}\n`,
  )
}

const table = [
  "| part | what | brotli |",
  "|---|---|---:|",
  ...rows.map(({ label, what, bytes }) => `| ${label} | ${what} | ${kB(bytes)} |`),
].join("\n")
const readme = join(root, "README.md")
const marked = /(<!-- size:begin -->\n)([\s\S]*?)(\n<!-- size:end -->)/
const text = existsSync(readme) ? readFileSync(readme, "utf8") : ""

/** Whether the README tells of each part, within this many bytes: not every change of a few is one of the README. */
const toleratedBytes = 300
function isTold(told) {
  const figures = new Map(
    [...told.matchAll(/^\| ([^|]+) \|.*\| ([\d.]+) kB \|$/gm)].map(([, label, kB]) => [label, kB * 1000]),
  )
  const areNear = rows.every(({ label, bytes }) => Math.abs(figures.get(label) - bytes) <= toleratedBytes)
  return areNear && figures.size === rows.length
}

if (!marked.test(text)) {
  process.stdout.write("README.md has no table between <!-- size:begin --> and <!-- size:end -->\n")
  failed = true
} else if (process.argv.includes("--write")) {
  writeFileSync(
    readme,
    text.replace(marked, (_, begin, _old, end) => begin + table + end),
  )
} else if (!isTold(text.match(marked)[2])) {
  process.stdout.write("The README's sizes are not the measured ones; npm run size -- --write puts them right\n")
  failed = true
}
process.exitCode = failed ? 1 : 0
