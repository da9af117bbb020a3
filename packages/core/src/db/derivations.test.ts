// Entries of records against entries made anew from all documents: whatever is written, declared later, built in steps, given
// up by an engine that does not know the plug-in, and reset from a manifest's note.
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { IndexPart, IndexSpec } from "../api/index-spec.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { derivedPrefix, type Key, keySpaces, rowKey, toOneByte } from "../codec/key.ts"
import type { Entry } from "../lsm/wal.ts"
import { checkIndex } from "../query/index-check.ts"
import { compileIndex, entryKey, entryValue, formatIndex } from "../query/index-definition.ts"
import { type RowDelta, viewOf } from "../query/row-delta.ts"
import { Derivations } from "./derivations.ts"
import { indexPlugin } from "./index-plugin.ts"
import { Ledger } from "./ledger.ts"
import { entriesTally } from "./plugin.ts"

const part = (path: string, over: Partial<IndexPart> = {}): IndexPart => ({
  path,
  descending: false,
  multi: false,
  ...over,
})
const index = (name: string, parts: readonly IndexPart[], over: Partial<IndexSpec> = {}): IndexSpec => ({
  name,
  parts,
  unique: false,
  where: undefined,
  ...over,
})
const indexes = [
  index("a", [part("a")]),
  index("-a, b.c", [part("a", { descending: true }), part("b.c")]),
  index("tags[], a", [part("tags", { multi: true }), part("a")]),
  index("a where b", [part("a")], {
    where: { kind: "field", condition: { path: "b", operator: "exists", operand: true } },
  }),
]
const definitionOf = (spec: IndexSpec, of = "things") => ({
  by: indexPlugin.by,
  of,
  what: formatIndex(checkIndex(spec)),
})

const leaf = fc.constantFrom<Json>(null, 0, 1, "x", "long".repeat(90), { $: ["n", "1"] })
const document = fc.record(
  {
    a: leaf,
    b: fc.oneof(leaf, fc.record({ c: leaf })),
    tags: fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
  },
  { requiredKeys: [] },
)
type Step =
  | { readonly do: "write"; readonly writes: readonly (readonly [id: string, document: JsonObject | undefined])[] }
  | { readonly do: "declare"; readonly index: number }
  | { readonly do: "build" | "reset" | "unknown" }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      writes: fc.uniqueArray(
        fc.tuple(fc.constantFrom("a", "b", "c", "ü", "z"), fc.option(document, { nil: undefined })),
        { maxLength: 3, minLength: 1, selector: ([id]) => id },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("declare" as const), index: fc.nat(indexes.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("build" as const, "build" as const, "reset" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unknown" as const) }) },
)

class Run {
  readonly documents = new Map<string, string>()
  readonly entries = new Map<Key, string>()
  readonly derivations = new Derivations([indexPlugin])
  ledger = new Ledger()
  readonly #wanted = new Set<number>()

  write(writes: readonly (readonly [string, JsonObject | undefined])[], by = this.derivations): void {
    const deltas = writes.map(([id, after]): RowDelta => {
      const text = after && JSON.stringify(after)
      return { collection: "things", id, before: viewOf(this.documents.get(id)), after: viewOf(text) }
    })
    const { entries, note } = by.derive(this.ledger, deltas, 1)
    let count = 0
    for (const { id, before, after } of deltas) {
      count += Number(after !== undefined) - Number(before !== undefined)
      if (after === undefined) this.documents.delete(id)
      else this.documents.set(id, after.text)
    }
    this.#apply(entries)
    this.ledger.absorb(this.ledger.nextNote(0, "0123456789abcdef" as never, new Map([["things", count]]), note))
  }

  declare(which: number): void {
    this.derivations.want(definitionOf(indexes[which]!))
    this.#wanted.add(which)
  }

  /** One step of the build of the first derivation that is not complete: one document, or the end. */
  build(): void {
    const derived = this.ledger.derived.list().find(({ built }) => built !== undefined)
    if (derived?.built === undefined) return
    const { built } = derived
    const active = this.derivations.activate(derived)!
    const rows = [...this.documents].map(([id, text]) => ({ key: rowKey("things", id), id, text }))
    const next = rows.sort((a, b) => (a.key < b.key ? -1 : 1)).find(({ key }) => key > built)
    const deltas = next ? [{ collection: "things", id: next.id, before: undefined, after: viewOf(next.text) }] : []
    const { entries, note } = this.derivations.build(active, deltas, next?.key)
    this.#apply(entries)
    this.ledger.absorb(this.ledger.nextNote(0, "0123456789abcdef" as never, new Map(), note))
  }

  reset(): void {
    const note = this.ledger.toNote()
    this.ledger = new Ledger()
    this.ledger.reset(JSON.parse(JSON.stringify(note)) as Json)
  }

  expectTrue(): void {
    for (const { id, definition, built, tallies } of this.ledger.derived.list()) {
      const spec = indexes.find((one) => JSON.stringify(formatIndex(one)) === JSON.stringify(definition.what))!
      const compiled = compileIndex(spec)
      const wanted = new Map<Key, string>()
      for (const [own, text] of this.documents)
        if (built === undefined || rowKey("things", own) <= built)
          for (const entry of compiled.entriesOf(JSON.parse(text) as JsonObject, own))
            wanted.set(
              derivedPrefix(keySpaces.indexes, id) + entryKey(entry, toOneByte(own)),
              entryValue(entry, toOneByte(own)),
            )
      const prefix = derivedPrefix(keySpaces.indexes, id)
      const found = [...this.entries].filter(([key]) => key.startsWith(prefix))
      expect(new Map(found)).toEqual(wanted)
      expect(tallies[entriesTally] ?? 0).toBe(wanted.size)
    }
  }

  #apply(entries: readonly Entry[]): void {
    for (const [key, value] of entries) {
      if (value === null) this.entries.delete(key)
      else this.entries.set(key, value)
    }
  }
}

describe("derivations", () => {
  test("are at any time what would be derived anew", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const run = new Run()
        for (const one of steps) {
          if (one.do === "write") run.write(one.writes)
          if (one.do === "declare") run.declare(one.index)
          if (one.do === "build") run.build()
          if (one.do === "reset") run.reset()
          if (one.do === "unknown") run.write([["a", { a: 1 }]], new Derivations([]))
          run.expectTrue()
        }
        run.write([["a", { a: 2 }]])
        while (run.ledger.derived.list().some(({ built }) => built !== undefined)) run.build()
        run.expectTrue()
        expect(run.derivations.missing(run.ledger)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test("of an unchanged value cost no entry, and of a changed one two", () => {
    const run = new Run()
    run.declare(0)
    run.write([["a", { a: 1 }]])
    const change = (after: JsonObject) =>
      run.derivations.derive(
        run.ledger,
        [{ collection: "things", id: "a", before: viewOf('{"a":1}'), after: viewOf(JSON.stringify(after)) }],
        1,
      ).entries.length
    expect(change({ a: 1, other: 2 })).toBe(0)
    expect(change({ a: 2 })).toBe(2)
  })

  test("belong to their definition in whatever order its keys come back", () => {
    const derivations = new Derivations([indexPlugin])
    const ledger = new Ledger()
    const definition = definitionOf(index("a", [part("a")], { unique: true }))
    derivations.want(definition)
    ledger.absorb(ledger.nextNote(1, "00112233445566ff", new Map(), derivations.derive(ledger, [], 1).note))
    const turned = { ...definition, what: Object.fromEntries(Object.entries(definition.what as JsonObject).reverse()) }
    expect(derivations.stored(turned, ledger)?.id).toBe(1)
    expect(derivations.wants(turned)).toBe(true)
  })

  test("of a number that was given up are garbage for ever", () => {
    const run = new Run()
    run.declare(0)
    run.write([["a", { a: 1 }]])
    expect(run.ledger.derived.isGone(1)).toBe(false)
    run.write([["a", { a: 2 }]], new Derivations([]))
    expect(run.ledger.derived.list()).toEqual([])
    run.reset()
    expect([run.ledger.derived.isGone(1), run.ledger.derived.isGone(2), run.ledger.derived.next]).toEqual([
      true,
      false,
      2,
    ])
  })
})

describe("a definition of an index", () => {
  test("is refused where it names no field, two arrays, one field twice, or the id", () => {
    for (const parts of [
      [],
      [part("a"), part("a", { descending: true })],
      [part("_id")],
      [part("a", { multi: true }), part("b", { multi: true })],
    ])
      expect(() => checkIndex(index("bad", parts))).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", details: { path: "indexes.bad" } }),
      )
  })
})
