/**
 * Text as terms. Owns: where words begin and end, and which words are the same term.
 * A word is a run of letters, marks and digits, so that "l'été" is found by "été"; runs of scripts that are written without spaces are cut into words by the
 * platform's segmenter. A term is a word without case, accents and width: NFKD without marks, then full case folding.
 * Invariant: `start` and `end` are places of the text as it was given. No locale is asked for, and only the cuts inside of
 * scripts without spaces depend on the platform. Must not know documents or how terms are stored.
 */

/** One word of a text. */
export interface Word {
  readonly term: string
  /** Where the word begins and ends in the text, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** Longer terms are cut: two words that agree so far are the same term. */
const termCharsMax = 48

const runs = /[\p{L}\p{N}\p{M}]+/gu
const marks = /\p{M}/gu
const plain = /^[a-z0-9]*$/
/** Scripts whose words stand together without spaces. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u

/** Cuts text of scripts without spaces into words: `Intl.Segmenter`, where the platform has one. */
export type Segment = (text: string) => Iterable<{ readonly segment: string; readonly index: number }>

/** The words of a text, in order. Words that fold to nothing are left out. */
export function* wordsOf(text: string, segment: Segment): Generator<Word> {
  for (const { 0: run, index } of text.matchAll(runs)) {
    if (!unspaced.test(run)) yield* wordAt(run, index)
    else for (const part of segment(run)) yield* wordAt(part.segment, index + part.index)
  }
}

function* wordAt(word: string, start: number): Generator<Word> {
  const term = foldWord(word)
  if (term !== "") yield { term, start, end: start + word.length }
}

/** The term of a word. "ß" and "SS" are the same, as are "é" and "e", and full-width and ordinary digits. */
export function foldWord(word: string): string {
  const lower = word.toLowerCase()
  const folded = plain.test(lower) ? lower : foldFully(lower)
  return folded.length > termCharsMax ? cutAt(folded, termCharsMax) : folded
}

/** Upper case first, as some letters are lower-cased in several ways, but upper-cased in one. */
function foldFully(word: string): string {
  const bare = word.normalize("NFKD").replace(marks, "")
  return bare.toUpperCase().toLowerCase().normalize("NFKD").replace(marks, "")
}

/** The first units of a text, without half a surrogate pair at the end. */
function cutAt(text: string, length: number): string {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}

/** How often each term is in a text, and how many words the text has. */
export function countTerms(
  text: string,
  segment: Segment,
): { readonly counts: Map<string, number>; readonly length: number } {
  const counts = new Map<string, number>()
  let length = 0
  for (const { term } of wordsOf(text, segment)) {
    counts.set(term, (counts.get(term) ?? 0) + 1)
    length++
  }
  return { counts, length }
}

/**
 * What the platform's segmenter makes of a known text: two platforms that agree here cut alike, as far as one can tell
 * cheaply. An index that was made with other cuts is made anew.
 */
export function segmenterMark(segment: Segment): string {
  return [...segment("私はガラスを食べられますฉันกินกระจกได้")].map(({ index }) => index).join(".")
}
