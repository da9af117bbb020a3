/**
 * Which documents have which terms. Owns: the entries of a full-text index, and their difference between two documents.
 * An entry is "<term>" NUL "<id>", with how often the document has the term, weighted, and how long the document is: in
 * steps of a fifth, so that a small change of a document leaves the entries of its other terms as they are.
 * Invariant: entries are a function of the document and the definition. Must not know where entries are kept.
 */
import type { TextIndexSpec } from "../api/index-spec.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { fromOneByte, type Key, type KeyRange, toOneByte } from "../codec/key.ts"
import { fieldReader } from "../query/filter.ts"
import { countTerms, type Segment } from "./terms.ts"

/** What an index has of one document: weighted counts by term, and the number of its words. */
export interface TermCounts {
  readonly counts: ReadonlyMap<string, number>
  readonly length: number
}

/** One document that has a term. */
export interface Posting {
  readonly term: string
  readonly id: string
  readonly count: number
  /** Words of the document, to a fifth. */
  readonly length: number
}

const nothing: TermCounts = { counts: new Map(), length: 0 }

/** The texts of a field: it is a text, or a list with texts in it. */
export function* textsOf(value: Json | undefined): Generator<string> {
  if (typeof value === "string") yield value
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) if (typeof item === "string") yield item
}

/** Reads what an index has of documents. */
export function termReader(
  { fields }: TextIndexSpec,
  segment: Segment,
): (document: JsonObject | undefined, id: string) => TermCounts {
  const readers = fields.map(({ path, weight }) => ({ read: fieldReader(path), weight }))
  return (document, id) => {
    if (document === undefined) return nothing
    const counts = new Map<string, number>()
    let length = 0
    for (const { read, weight } of readers)
      for (const text of textsOf(read(document, id))) {
        const words = countTerms(text, segment)
        length += words.length
        for (const [term, count] of words.counts) counts.set(term, (counts.get(term) ?? 0) + count * weight)
      }
    return { counts, length }
  }
}

/** Calls `put` and `remove` for the entries that differ. */
export function eachChange(
  id: string,
  before: TermCounts,
  after: TermCounts,
  { put, remove }: { put(key: Key, value: string): void; remove(key: Key): void },
): void {
  const size = lengthStep(after.length)
  const keepsSize = lengthStep(before.length) === size
  for (const [term, count] of after.counts)
    if (!keepsSize || before.counts.get(term) !== count) put(postingKey(term, id), `${count} ${size}`)
  for (const term of before.counts.keys()) if (!after.counts.has(term)) remove(postingKey(term, id))
}

/** The key of an entry. Terms hold no NUL, which is neither letter, mark nor digit. */
export const postingKey = (term: string, id: string): Key => `${toOneByte(term)}\0${toOneByte(id)}`

/** The entries of a term; of all terms that begin like this, where it is only the beginning. */
export function postingRange(term: string, isPrefix: boolean): KeyRange {
  const bytes = toOneByte(term)
  return isPrefix ? { from: bytes, to: `${bytes}\u0100` } : { from: `${bytes}\0`, to: `${bytes}\u0001` }
}

/** The entry as it was put. */
export function readPosting(key: Key, value: string): Posting {
  const [count, size] = value.split(" ")
  const at = key.indexOf("\0")
  const term = fromOneByte(key.slice(0, at))
  return { term, id: fromOneByte(key.slice(at + 1)), count: Number(count), length: lengthOfStep(Number(size)) }
}

const stepsPerDoubling = 4

function lengthStep(length: number): number {
  return length === 0 ? 0 : 1 + Math.round(Math.log2(length) * stepsPerDoubling)
}

function lengthOfStep(step: number): number {
  return step === 0 ? 0 : 2 ** ((step - 1) / stepsPerDoubling)
}
