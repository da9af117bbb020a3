/**
 * The database as a map: what every interleaving of awaited calls must look like. Owns: the plain meaning of writes,
 * for documents of top-level fields whose names say how they merge ("n" counts, "tags" is a set).
 */
import fc from "fast-check"

/** The plain document of a test. */
export type PlainDocument = Record<string, unknown>

/** One write as a test draws it. */
export type PlainWrite =
  | { readonly op: "put" | "insert"; readonly id: string; readonly document: PlainDocument }
  | { readonly op: "patch"; readonly id: string; readonly field: string; readonly value: unknown }
  | { readonly op: "increment"; readonly id: string; readonly by: number }
  | { readonly op: "delete"; readonly id: string }

/** Ids are few, so that writes meet. */
export const ids = ["a", "b", "c", "å", "z/1"] as const

const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom("", "x", "y", null, true),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
)
const field = fc.constantFrom("p", "q", "r")
const document = fc.dictionary(field, value, { maxKeys: 3 })
const id = fc.constantFrom(...ids)

/** A drawn write. */
export const plainWrite: fc.Arbitrary<PlainWrite> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant("put" as const), id, document }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("insert" as const), id, document }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("patch" as const), id, field, value }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant("increment" as const), id, by: fc.integer({ min: -2, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("delete" as const), id }) },
)

/** The documents after one write, or the code that refuses it. */
export function applyPlain(
  documents: ReadonlyMap<string, PlainDocument>,
  write: PlainWrite,
): Map<string, PlainDocument> | "ALREADY_EXISTS" | "NOT_FOUND" {
  const next = new Map(documents)
  const old = documents.get(write.id)
  switch (write.op) {
    case "insert":
      if (old !== undefined) return "ALREADY_EXISTS"
      return next.set(write.id, write.document)
    case "put":
      return next.set(write.id, write.document)
    case "patch":
      if (old === undefined) return "NOT_FOUND"
      return next.set(write.id, { ...old, [write.field]: write.value })
    case "increment":
      if (old === undefined) return "NOT_FOUND"
      return next.set(write.id, { ...old, n: Number(old["n"] ?? 0) + write.by })
    case "delete":
      next.delete(write.id)
      return next
  }
}

/** The documents by id order, as a query without filter gives them. */
export function listed(documents: ReadonlyMap<string, PlainDocument>): [string, PlainDocument][] {
  return [...documents].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
}
