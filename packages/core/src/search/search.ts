/**
 * Searches of a full-text index. Owns: which documents a search finds, their order, and where in a document its words are.
 * Invariant: the result is a function of the entries: by score, then by id. Without a limit on what is read, every document
 * that has the words is found, and no other one. Must not know how entries are stored or documents read.
 */
import { compareText } from "../codec/order.ts"
import { rarity, termScore } from "./bm25.ts"
import type { Posting } from "./postings.ts"
import { type Segment, wordsOf } from "./terms.ts"

/** A search, ready to run: each of its terms once. */
export interface Search {
  readonly terms: readonly SearchTerm[]
  /** Whether one of the terms is enough. */
  readonly any: boolean
}

/** A term looked for; with `isPrefix`, whatever begins like it. */
export interface SearchTerm {
  readonly term: string
  readonly isPrefix: boolean
}

/** A document that is found, and how well. */
export interface Found {
  readonly id: string
  readonly score: number
}

/** What a search reads. */
export interface SearchSource {
  readonly documents: number
  /** Words of all documents together. */
  readonly words: number
  /** The entries of a term. */
  postings(term: SearchTerm): AsyncIterable<readonly Posting[]>
}

/** The place of a word that was looked for, in UTF-16 units. */
export type Place = readonly [start: number, end: number]

/** The search that a person has typed. With `prefix`, the last word may be only the beginning of one. */
export function parseSearch(
  text: string,
  { prefix, any, segment }: { prefix: boolean; any: boolean; segment: Segment },
): Search {
  const words = [...wordsOf(text, segment)]
  const last = words.at(-1)
  const terms = new Map<string, SearchTerm>()
  for (const { term } of words.slice(0, prefix ? -1 : undefined)) terms.set(term, { term, isPrefix: false })
  // What begins with a word that is looked for as a whole is still looked for as a beginning.
  if (prefix && last !== undefined) terms.set(`${last.term}*`, { term: last.term, isPrefix: true })
  return { terms: [...terms.values()], any }
}

/** The documents that have the terms, best first. */
export async function runSearch({ terms, any }: Search, source: SearchSource): Promise<Found[]> {
  const { documents, words } = source
  const collection = { documents, averageLength: documents === 0 ? 0 : words / documents }
  let found: Map<string, number> | undefined
  for (const term of terms) {
    // Without all of the others, a document that lacks one term is out: only those still in are kept.
    const candidates = any ? undefined : found
    const scores = await scoresOf(source, term, { collection, candidates })
    if (found === undefined) found = scores
    else if (any) for (const [id, score] of scores) found.set(id, (found.get(id) ?? 0) + score)
    else {
      for (const [id, score] of scores) scores.set(id, score + (found.get(id) ?? 0))
      found = scores
    }
    if (!any && found.size === 0) break
  }
  const list = [...(found ?? [])].map(([id, score]) => ({ id, score }))
  return list.sort((a, b) => b.score - a.score || compareText(a.id, b.id))
}

/** A word that only begins like the one that is typed counts half: who typed a whole word looks for that one first. */
const beginningShare = 1 / 2

/** What each document scores by one term; of several words that begin like it, the best one counts: one is being typed. */
async function scoresOf(
  source: SearchSource,
  wanted: SearchTerm,
  {
    collection,
    candidates,
  }: { collection: { documents: number; averageLength: number }; candidates: ReadonlyMap<string, number> | undefined },
): Promise<Map<string, number>> {
  const scores = new Map<string, number>()
  const holders = new Set<string>()
  for await (const batch of source.postings(wanted))
    for (const { term, id, count, length } of batch) {
      holders.add(id)
      if (candidates !== undefined && !candidates.has(id)) continue
      const share = term === wanted.term ? 1 : beginningShare
      scores.set(id, Math.max(scores.get(id) ?? 0, share * termScore(count, length, collection)))
    }
  const weight = rarity(collection, holders.size)
  for (const [id, score] of scores) scores.set(id, score * weight)
  return scores
}

/** Where a text has words that a search looked for, in order. */
export function placesIn(text: string, { terms }: Search, segment: Segment): Place[] {
  const places: Place[] = []
  for (const { term, start, end } of wordsOf(text, segment))
    if (terms.some((wanted) => (wanted.isPrefix ? term.startsWith(wanted.term) : term === wanted.term)))
      places.push([start, end])
  return places
}
