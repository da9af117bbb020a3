/**
 * How well a document answers a search. Owns: Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework",
 * 2009), with the usual constants.
 * Invariant: more of a term never scores less, and a term that fewer documents have never scores less than one that more
 * have. Must not know terms or documents.
 */

/** How soon more of the same term stops to count. */
const saturation = 1.2
/** How much a long document must have more of a term than a short one. */
const lengthWeight = 0.75

/** What a score needs of all documents together. */
export interface Collection {
  readonly documents: number
  /** Words of an average document. */
  readonly averageLength: number
}

/** The weight of a term that `holders` of the documents have; always above 0. */
export function rarity({ documents }: Collection, holders: number): number {
  return Math.log(1 + (Math.max(0, documents - holders) + 0.5) / (holders + 0.5))
}

/** The part of a document's score that comes from one term: `count` times among `length` words. */
export function termScore(count: number, length: number, { averageLength }: Collection): number {
  const share = averageLength > 0 ? length / averageLength : 1
  return (count * (saturation + 1)) / (count + saturation * (1 - lengthWeight + lengthWeight * share))
}
