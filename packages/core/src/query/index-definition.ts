/**
 * Definitions of indexes. Owns: their stored form, and the entries that a document has in one.
 * An entry's key is the keys of the indexed values (codec/sort-key.ts) and the id, so that entries are in the order of
 * values, then of ids. Its value is the length of the id in base 36, and "~" where the key does not say all of the values: one
 * was cut, or is a bigint, which has the key of a number, or has parts.
 * Invariant: a document without a value in a field is in the index as well, as one that misses it; it is not only where the
 * index has a `where` that it does not meet, or where the field of a "[]" part holds no array, or an empty one.
 * Must not know where entries are kept.
 */
import type { Filter } from "../api/filter.ts"
import type { IndexPart, IndexSpec } from "../api/index-spec.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import { sortKey, turnedKey } from "../codec/sort-key.ts"
import { compileFilter, type FieldReader, fieldReader, type Predicate } from "./filter.ts"

/** An entry of a document: the key of its values, without the id, and whether the key says all of them. */
export interface IndexEntry {
  readonly values: Key
  readonly isExact: boolean
}

/** A definition, ready to be used. */
export interface CompiledIndex {
  readonly spec: IndexSpec
  entriesOf(document: JsonObject, id: string): readonly IndexEntry[]
  /** The keys of values that no other document may have: of entries without null and missing values. LIMIT_SIZE for long ones. */
  claimsOf(document: JsonObject, id: string): readonly Key[]
  /** Whether a document has values that no other one may have; what is too long to be one is none. */
  claims(document: JsonObject, id: string, values: Key): boolean
}

/** What a definition is kept as: optional parts are left out, so that one definition has one form. */
export function formatIndex({ name, parts, unique, where }: IndexSpec): Json {
  const own = parts.map(({ path, descending, multi }) => [path, Number(descending) + 2 * Number(multi)])
  return {
    name,
    parts: own,
    ...(unique && { unique }),
    ...(where !== undefined && { where: where as unknown as Json }),
  }
}

/** What `formatIndex` gives. */
interface IndexJson {
  readonly name: string
  readonly parts: readonly (readonly [path: string, flags: number])[]
  readonly unique?: boolean
  readonly where?: Filter
}

/** The definition of `formatIndex`. */
export function parseIndex(json: Json): IndexSpec {
  const { name, parts, unique = false, where } = json as unknown as IndexJson
  const own = parts.map(([path, flags]): IndexPart => ({ path, descending: flags % 2 === 1, multi: flags >= 2 }))
  return { name, parts: own, unique, where }
}

/** Whether the key of a value says all of it. */
function isSaid(value: Json | undefined): boolean {
  if (typeof value !== "object" || value === null) return true
  const kind = Array.isArray(value) ? undefined : (value as { readonly $?: readonly unknown[] }).$?.[0]
  return kind === "d" || kind === "b"
}

/** One value as a part of keys. */
interface PartKey extends IndexEntry {
  readonly isCut: boolean
  /** Whether a value is null or missing. */
  readonly isFree: boolean
}

function partKey(value: Json | undefined, descending: boolean): PartKey {
  const whole = sortKey(value)
  const isCut = whole.length > limits.indexPartBytesMax
  const kept = isCut ? whole.slice(0, limits.indexPartBytesMax) : whole
  return {
    values: descending ? turnedKey(kept) : kept,
    isExact: !isCut && isSaid(value),
    isCut,
    isFree: (value ?? null) === null,
  }
}

const noEntries: readonly PartKey[] = []

/** Lists are short: to compare all with all costs less than a map. */
const comparedMax = 8

/** Whether no two of few parts have one key; of many it is not told. */
function hasDistinct(parts: readonly PartKey[]): boolean {
  if (parts.length > comparedMax) return false
  return parts.every((part, i) => {
    for (let before = 0; before < i; before++) if (parts[before]!.values === part.values) return false
    return true
  })
}

/** One part for each key: the one that does not say all of its value, where there is one. */
function distinct(parts: readonly PartKey[]): readonly PartKey[] {
  const byKey = new Map<Key, PartKey>()
  for (const part of parts) {
    const known = byKey.get(part.values)
    byKey.set(part.values, known === undefined || known.isExact ? part : known)
  }
  return [...byKey.values()]
}

/** Makes a definition ready. */
export function compileIndex(spec: IndexSpec): CompiledIndex {
  const readers: readonly FieldReader[] = spec.parts.map(({ path }) => fieldReader(path))
  const predicate: Predicate | undefined = spec.where && compileFilter(spec.where)
  const keysOf = ({ descending, multi }: IndexPart, value: Json | undefined): readonly PartKey[] => {
    if (!multi) return [partKey(value, descending)]
    if (!Array.isArray(value)) return []
    const parts = (value as readonly Json[]).map((element) => partKey(element, descending))
    return parts.length < 2 || hasDistinct(parts) ? parts : distinct(parts)
  }
  const entriesOf = (document: JsonObject, id: string): readonly PartKey[] => {
    if (predicate !== undefined && !predicate(document, id)) return noEntries
    let entries: readonly PartKey[] | undefined
    for (let i = 0; i < readers.length; i++) {
      const keys = keysOf(spec.parts[i]!, readers[i]!(document, id))
      if (keys.length === 0) return noEntries
      if (entries === undefined) entries = keys
      else entries = entries.flatMap((entry) => (entry.isCut ? [entry] : keys.map((key) => joined(entry, key))))
    }
    return entries ?? noEntries
  }
  return {
    spec,
    entriesOf,
    claims: (document, id, values) =>
      entriesOf(document, id).some((entry) => entry.values === values && !entry.isFree && !entry.isCut),
    claimsOf: (document, id) =>
      entriesOf(document, id).flatMap(({ values, isCut, isFree }) => {
        if (isFree) return []
        if (isCut)
          throw new FixpointError("LIMIT_SIZE", "A unique value is too long.", {
            details: { path: spec.name, max: limits.indexPartBytesMax },
          })
        return [values]
      }),
  }
}

const joined = (entry: PartKey, next: PartKey): PartKey => ({
  values: entry.values + next.values,
  isExact: entry.isExact && next.isExact,
  isCut: next.isCut,
  isFree: entry.isFree || next.isFree,
})

/** The key of an entry, without the prefix of its index; `id` is a part of the key. */
export const entryKey = ({ values }: IndexEntry, id: Key): Key => values + id

/** The value of an entry; `id` is a part of the key. */
export const entryValue = ({ isExact }: IndexEntry, id: Key): string => id.length.toString(36) + (isExact ? "" : "~")

/** An entry as it is stored, read: `key` is without the prefix of its index. */
export function readEntry(key: Key, value: string): IndexEntry & { readonly id: Key } {
  const isExact = !value.endsWith("~")
  const at = key.length - Number.parseInt(value, 36)
  return { values: key.slice(0, at), isExact, id: key.slice(at) }
}
