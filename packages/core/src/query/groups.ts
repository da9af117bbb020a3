/**
 * Aggregates: documents by group, and one figure for each. Owns: what a document gives to which group.
 * Invariant: figures do not depend on the order of documents, and taking out what a document gave leaves what was before; so
 * groups that are kept true by changes equal those worked out anew. A group is told as a row: its key as JSON is the id (empty
 * where the field is missing), its figure as JSON the text (empty where it has none). Must not know where documents come from.
 */
import type { AggregateSpec, QuerySpec } from "../api/query.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { compareText } from "../codec/order.ts"
import { ExactSum } from "./exact-sum.ts"
import { Extremes } from "./extremes.ts"
import { type FieldReader, fieldReader } from "./filter.ts"
import { compileOrder, type Entry } from "./ordering.ts"

/** What one document gives. */
export interface Share {
  readonly keys: readonly (Json | undefined)[]
  readonly value: Json | undefined
}

/** The groups of one aggregate. */
export class Groups {
  readonly #spec: AggregateSpec
  readonly #keysOf: (document: JsonObject, id: string) => readonly (Json | undefined)[]
  readonly #valueOf: FieldReader
  readonly #groups = new Map<string, Group>()
  readonly #touched = new Set<string>()

  constructor(spec: AggregateSpec) {
    const { of, path, by } = spec
    this.#spec = spec
    this.#keysOf = by === undefined ? () => [undefined] : keyReader(by)
    this.#valueOf = path === undefined ? () => undefined : fieldReader(path)
    if (!["count", "sum", "avg", "min", "max"].includes(of) || (path === undefined) !== (of === "count"))
      throw new FixpointError("INVALID_ARGUMENT", "There is no such aggregate.", { details: { path: "aggregate" } })
    // The figure of all documents is there even if there are none.
    if (by === undefined) this.#group(undefined)
  }

  /** What a document gives. */
  shareOf(document: JsonObject, id: string): Share {
    return { keys: this.#keysOf(document, id), value: this.#valueOf(document, id) }
  }

  /** Counts documents that nobody has to look at. */
  add(documents: number): void {
    this.#group(undefined).documents += documents
  }

  /** Puts a share in (1), or takes it out (-1). */
  move(share: Share | undefined, sign: 1 | -1): void {
    for (const key of share?.keys ?? []) this.#group(key).move(share?.value, sign)
  }

  /** The rows of the groups that have changed since the last call; undefined for one that is gone. */
  takeChanges(): Map<string, Entry | undefined> {
    const changes = new Map<string, Entry | undefined>()
    for (const id of this.#touched) {
      const group = this.#groups.get(id) as Group
      const isGone = this.#spec.by !== undefined && group.documents === 0
      if (isGone) this.#groups.delete(id)
      const text = isGone ? "" : group.figure()
      const isTold = text !== "" || this.#spec.by === undefined
      changes.set(id, isTold ? { id, text, sortKey: [group.key] } : undefined)
    }
    this.#touched.clear()
    return changes
  }

  #group(key: Json | undefined): Group {
    const id = key === undefined ? "" : canonical(key)
    let group = this.#groups.get(id)
    if (group === undefined) this.#groups.set(id, (group = new Group(this.#spec, key)))
    this.#touched.add(id)
    return group
  }
}

/** The order of groups: by their keys. */
export const groupOrder = compileOrder([{ path: "key", descending: false }])

/**
 * The query whose matches an aggregate is of. The least and the greatest value are the first of an order, which an index may
 * have; a count needs no order.
 */
export function sourceOf({ collection, filter, order, limit }: QuerySpec, { of, path, by }: AggregateSpec): QuerySpec {
  const isExtreme = (of === "min" || of === "max") && path !== undefined
  if (by === undefined && isExtreme && limit === undefined) {
    const has = (operator: "exists" | "ne", operand: Json) =>
      ({ kind: "field", condition: { path, operator, operand } }) as const
    const filters = [filter, has("exists", true), has("ne", null)]
    return { collection, filter: { kind: "and", filters }, order: [{ path, descending: of === "max" }], limit: 1 }
  }
  return { collection, filter, order: limit === undefined || (of === "count" && by === undefined) ? [] : order, limit }
}

class Group {
  readonly key: Json | undefined
  documents = 0
  readonly #of: AggregateSpec["of"]
  readonly #sum = new ExactSum()
  readonly #extremes = new Extremes()

  constructor({ of }: AggregateSpec, key: Json | undefined) {
    this.#of = of
    this.key = key
  }

  move(value: Json | undefined, sign: 1 | -1): void {
    this.documents += sign
    if (value === undefined || value === null) return
    if (this.#of === "min" || this.#of === "max") this.#extremes.move(value, sign)
    else this.#sum.move(value, sign)
  }

  /** The figure as JSON; empty when there is none. */
  figure(): string {
    switch (this.#of) {
      case "count":
        return textOf(this.documents)
      case "sum":
        return textOf(this.#sum.toJson())
      case "avg":
        return this.#sum.count === 0 ? "" : textOf(this.#sum.toNumber() / this.#sum.count)
      case "min":
        return textOf(this.#extremes.least)
      case "max":
        return textOf(this.#extremes.greatest)
    }
  }
}

/** JSON has no infinity, but numbers that are read as one. */
function textOf(figure: Json | undefined): string {
  if (figure === undefined) return ""
  return Math.abs(figure as number) === Number.POSITIVE_INFINITY
    ? `${Math.sign(figure as number)}e999`
    : JSON.stringify(figure)
}

/** Reads the keys of a document; those of a path that ends in "[]" are the elements of its array, each once. */
function keyReader(path: string): (document: JsonObject, id: string) => readonly (Json | undefined)[] {
  if (!path.endsWith("[]")) {
    const read = fieldReader(path)
    return (document, id) => [read(document, id)]
  }
  const read = fieldReader(path.slice(0, -2))
  return (document, id) => {
    const value = read(document, id)
    if (!Array.isArray(value)) return []
    return [...new Map((value as readonly Json[]).map((element) => [canonical(element), element])).values()]
  }
}

/** JSON that equal values have in common: the order of an object's keys is of no matter. */
function canonical(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  return JSON.stringify(value, (_, inner: Json) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)))
      : inner,
  )
}
