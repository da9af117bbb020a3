// What the checks of values and invariants cost writes: one process writes the same documents through the product, and through the
// product without these checks, in turns. Plain Node, all in one thread; stored in files, as a server does, and in memory, where
// nothing else takes time that would hide them.
// `pnpm --filter @fixpoint/benchmarks checks` prints the ratio of medians.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))
const rounds = 15
const bulk = 10_000
const single = 1_500

/** By source, the beginnings of functions that do nothing but check, and what they do instead. What parses still does. */
const without = {
  "codec/document.ts": [
    ["export function parseDocumentText(text: string): JsonObject {", "return JSON.parse(text) as JsonObject"],
    ["export function checkEncoded(value: unknown, path: string): void {", "if (path !== undefined) return"],
  ],
  "codec/value.ts": [
    ["export function checkId(id: unknown): string {", "if (id !== undefined) return id as string"],
    ["export function checkCollection(name: unknown): string {", "if (name !== undefined) return name as string"],
    ["function isStoredAsIs(value: unknown, depth: number): boolean {", "if (depth >= 0) return true"],
  ],
  "base/errors.ts": [
    [
      "export function invariant(condition: boolean, rule: string, details?: ErrorDetails): asserts condition {",
      "if (rule !== '') return",
    ],
  ],
}

const unchecked = {
  name: "without checks",
  setup({ onLoad }) {
    onLoad({ filter: /packages[/\\]core[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8")
      const [, changes = []] = Object.entries(without).find(([file]) => path.replaceAll("\\", "/").endsWith(file)) ?? []
      const changed = changes.reduce((code, [start, instead]) => {
        if (code.split(start).length !== 2) throw new Error(`${path} has no ${start}`)
        return code.replace(start, `${start}\n${instead}\n`)
      }, source)
      return { contents: changed, loader: "ts" }
    })
  },
}

/** The product, bundled from its sources. */
async function load(folder, name, plugins) {
  const outfile = join(folder, `${name}.mjs`)
  await build({
    entryPoints: [join(root, "packages/fixpoint/src/edge.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2023",
    logLevel: "error",
    outfile,
    plugins,
  })
  return await import(pathToFileURL(outfile).href)
}

const documents = Array.from({ length: bulk }, (_, i) => ({
  _id: `person-${((i * 2_654_435_761) >>> 0).toString(36)}`,
  name: `Ada Andersson ${i}`,
  age: 18 + (i % 70),
  city: "Riga",
  tags: ["running", "chess", "cinema"],
  created: "2026-01-01T00:00:00.000Z",
  address: { street: `${i} Long Street`, zip: "1010", country: "LV" },
}))

async function measure({ fixpoint }, storage) {
  const db = fixpoint(`checks-${Math.random()}`, { storage })
  await db.ready
  const people = db.collection("people")
  await people.put({ _id: "first" })
  const begun = performance.now()
  for (let from = 0; from < bulk; from += 1000) await people.putMany(documents.slice(from, from + 1000))
  const filled = performance.now()
  for (let i = 0; i < single; i++) await people.put({ ...documents[i], age: 1 })
  const ended = performance.now()
  await db.destroy()
  return { bulkMs: filled - begun, singleMs: ended - filled }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const folder = mkdtempSync(join(tmpdir(), "fixpoint-checks-"))
writeFileSync(join(folder, "package.json"), '{ "type": "module" }')
try {
  const products = {
    checked: await load(folder, "checked", []),
    unchecked: await load(folder, "unchecked", [unchecked]),
  }
  for (const { where, storage } of [
    { where: "in files", storage: { fs: join(folder, "data") } },
    { where: "in memory", storage: "memory" },
  ]) {
    const times = { checked: [], unchecked: [] }
    for (let round = 0; round < rounds; round++)
      for (const name of round % 2 === 0 ? ["checked", "unchecked"] : ["unchecked", "checked"])
        times[name].push(await measure(products[name], storage))
    for (const [what, of] of [
      [`${bulk} documents in bulk`, "bulkMs"],
      [`${single} single writes`, "singleMs"],
    ]) {
      const [checked, bare] = [times.checked, times.unchecked].map((rows) => median(rows.map((row) => row[of])))
      const cost = ((checked / bare - 1) * 100).toFixed(1)
      process.stdout.write(
        `${where}, ${what}: ${checked.toFixed(0)} ms with checks, ${bare.toFixed(0)} ms without: ${cost} %\n`,
      )
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
