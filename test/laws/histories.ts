/**
 * Generators of documents, writes and histories. Owns: what is likely in them.
 * Few keys and small values, so that writers meet at the same paths with values of other types.
 */
import fc, { type Arbitrary } from "fast-check"
import type { Json, JsonObject } from "../../packages/core/src/base/json.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import type { Event, Fields } from "./replicas.ts"

const scalar: Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 9 }) },
  { weight: 2, arbitrary: fc.constantFrom("x", "y", "") },
  { weight: 1, arbitrary: fc.constantFrom(null, true, 0.5) },
  { weight: 1, arbitrary: fc.constantFrom({ $: ["d", 5] }, { $: ["n", "9"] }, { $: ["b", "AAE="] }) },
)

const list: Arbitrary<Json> = fc.oneof(
  { weight: 3, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom([[1]], [{ a: 1 }], [{}], ["x", "x"]) },
)

/** Few names; one with a dot, one with a backslash, one that every object inherits, one that begins like an escape. */
const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("a", "b", "n", "s", "o") },
  { weight: 1, arbitrary: fc.constantFrom("a.b", "\\", "toString", "$$", "", "\0") },
)

const value: Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: list },
    { weight: 3, arbitrary: fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }) },
  ),
})).value

/** A value below as many fields as it takes to pass the depth of registers. */
const deep: Arbitrary<Json> = fc
  .tuple(value, fc.integer({ min: 6, max: 10 }))
  .map(([inner, depth]) => Array.from({ length: depth }).reduce<Json>((one) => ({ a: one }), inner))

/** A document's fields. `n` and `s` are mostly what they may be declared to be. */
export const documents: Arbitrary<JsonObject> = fc
  .record(
    {
      a: value,
      b: value,
      n: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -3, max: 9 }) }, { weight: 1, arbitrary: value }),
      s: fc.oneof({ weight: 4, arbitrary: fc.array(scalar, { maxLength: 3 }) }, { weight: 1, arbitrary: value }),
      o: fc.oneof(fc.record({ n: fc.nat(5), s: fc.array(scalar, { maxLength: 2 }) }, { requiredKeys: [] }), value),
      d: deep,
      toString: value,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((document) => ({ ...document }))

const path = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom("a", "b", "n", "s", "o", "o.n", "o.s", "a.a", "a.b", "b.a", "b.a.o", "a.n.s"),
  },
  { weight: 1, arbitrary: fc.constantFrom("a\\.b", "a.\\\\", "toString", "o.toString.a", "$$", "a.\\0", "b..a") },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 7, max: 10 }).map((depth) => ["d", ...Array(depth - 1).fill("a")].join(".")),
  },
)

const counterPath = fc.constantFrom("n", "n", "n", "o.n", "a", "b.a", "s")
const setPath = fc.constantFrom("s", "s", "s", "o.s", "a", "b.a", "n")

const put = documents.map((document): Edit => ({ op: "put", text: JSON.stringify(document) }))
const insert = documents.map((document): Edit => ({ op: "insert", text: JSON.stringify(document) }))
const patch = fc
  .array(fc.tuple(path, fc.option(fc.oneof(value, deep), { nil: undefined, freq: 4 })), { minLength: 1, maxLength: 3 })
  .map((entries): Edit => ({ op: "patch", entries }))
const field = fc.oneof(
  fc.tuple(counterPath, fc.integer({ min: -3, max: 9 })).map(([at, by]): Edit => ({ op: "increment", path: at, by })),
  fc
    .tuple(fc.constantFrom("add" as const, "add" as const, "remove" as const), setPath, scalar)
    .map(([op, at, element]): Edit => ({ op, path: at, element })),
)
const removal = fc.constant<Edit>({ op: "delete" })

/** Any write. */
export const edits: Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: put },
  { weight: 1, arbitrary: insert },
  { weight: 5, arbitrary: patch },
  { weight: 4, arbitrary: field },
  { weight: 1, arbitrary: removal },
)

/** Any write of a document that stays. */
export const stayingEdits: Arbitrary<Edit> = fc.oneof(put, patch, field)

/** What the writer has declared: nothing, or all there is. */
export const declarations: Arbitrary<Fields> = fc.constantFrom<Fields[]>(
  {},
  { n: "counter", s: "set", "o.n": "counter", "o.s": "set" },
  { a: "mv", s: "mv", "b.a": "mv", "o.n": "counter", "o.s": "mv" },
)

/** The writes of one commit: one, or several under one stamp. */
const commitEdits = fc.oneof(
  { weight: 3, arbitrary: edits.map((one) => [one]) },
  { weight: 1, arbitrary: fc.array(edits, { minLength: 2, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.oneof(put, insert).map((one): Edit[] => [{ op: "delete" }, one]) },
)

const device = fc.nat(2)
const event: Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("commit" as const), device, edits: commitEdits, fields: declarations }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sync" as const), from: device, to: device }) },
)

/** What happens to three devices. Without deletions and insertions, life 0 grows long. */
export const histories: Arbitrary<Event[]> = fc.oneof(
  fc.array(event, { minLength: 1, maxLength: 14 }),
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("commit" as const),
          device,
          edits: fc.array(stayingEdits, { minLength: 1, maxLength: 2 }),
          fields: declarations,
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("sync" as const), from: device, to: device }) },
    ),
    { minLength: 1, maxLength: 14 },
  ),
)
