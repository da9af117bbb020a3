/** What indexes store: entries of one document in indexes of each kind, and the note of derivations. */
import type { IndexSpec } from "../../packages/core/src/api/index-spec.ts"
import type { Json, JsonObject } from "../../packages/core/src/base/json.ts"
import { derivedPrefix, keySpaces, toOneByte } from "../../packages/core/src/codec/key.ts"
import { encodeDocument } from "../../packages/core/src/codec/value.ts"
import { DerivedTable } from "../../packages/core/src/db/derived-table.ts"
import {
  compileIndex,
  entryKey,
  entryValue,
  formatIndex,
  parseIndex,
  readEntry,
} from "../../packages/core/src/query/index-definition.ts"

const id = "größe"
const own = toOneByte(id)
const document = {
  none: null,
  no: false,
  yes: true,
  negative: -12.5,
  zero: 0,
  small: 1e-30,
  number: 1200,
  large: 2 ** 70,
  big: 12345678901234567890123n,
  huge: 10n ** 50n,
  at: new Date(1_765_000_000_000),
  early: new Date(-1),
  text: "größe\0\t",
  long: "x".repeat(300),
  bytes: new Uint8Array([0, 9, 255]),
  list: [1, "a"],
  nested: { b: 1, a: null },
}

const part = (path: string, descending = false, multi = false) => ({ path, descending, multi })
const specs: readonly IndexSpec[] = [
  ...["missing", ...Object.keys(document)].map((path) => ({
    name: path,
    parts: [part(path)],
    unique: false,
    where: undefined,
  })),
  { name: "two", parts: [part("nested.b"), part("number", true)], unique: true, where: undefined },
  { name: "each", parts: [part("list", false, true), part("text")], unique: false, where: undefined },
  {
    name: "some",
    parts: [part("zero")],
    unique: false,
    where: { kind: "field", condition: { path: "no", operator: "eq", operand: false } },
  },
]

/** The definition and the entries of the sample, by the name of the index: key, value. */
export function makeEntries(): string {
  const fields = JSON.parse(encodeDocument(document).text) as JsonObject
  const made = specs.map((spec, i) => {
    const entries = compileIndex(spec).entriesOf(fields, id)
    const prefix = derivedPrefix(keySpaces.indexes, i + 30)
    return [formatIndex(spec), entries.map((entry) => [prefix + entryKey(entry, own), entryValue(entry, own)])]
  })
  return JSON.stringify(made)
}

/** What golden entries say: definitions, and whether their keys say all. */
export function readEntries(golden: string): unknown {
  const made = JSON.parse(golden) as readonly (readonly [Json, readonly (readonly [string, string])[]])[]
  return made.map(([definition, entries]) => [
    parseIndex(definition),
    entries.map(([key, value]) => {
      const { isExact, id: own } = readEntry(key.slice(key.indexOf(".") + 1), value)
      return [isExact, own]
    }),
  ])
}

const ownId = "gr\u00c3\u00b6\u00c3\u009fe"
const inexact = new Set(["big", "huge", "long", "list", "nested"])

/** See `readEntries`. */
export const saidByEntries = specs.map((spec) => [
  spec,
  spec.name === "each"
    ? [
        [true, ownId],
        [true, ownId],
      ]
    : [[!inexact.has(spec.name), ownId]],
])

/** A manifest's note of derivations. */
export const derivedNote: Json = {
  next: 4,
  1: { add: { by: "index/1", of: "docs", what: { name: "a", parts: [["a", 0]] } }, built: null, tally: { n: 7 } },
  3: { add: { by: "index/1", of: "docs", what: { name: "-b", parts: [["b", 1]] } }, built: "\u0001docs\0a", tally: {} },
}

/** The note after what it says was read, and one more step. */
export function throughTable(note: Json): unknown {
  const table = new DerivedTable()
  table.absorb(note)
  return table.toNote()
}
