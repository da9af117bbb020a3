import fc from "fast-check"
import { isWellFormed } from "../base/bytes.ts"
import { describe, expect, test } from "vitest"
import { countTerms, foldWord, segmenterMark, type Segment, wordsOf } from "./terms.ts"

const words = new Intl.Segmenter("und", { granularity: "word" })
const segment: Segment = (text) => words.segment(text)
const terms = (text: string) => [...wordsOf(text, segment)].map(({ term }) => term)

describe("words", () => {
  test("are runs of letters and digits, whatever stands between them", () => {
    expect(terms("The quick-brown fox, no. 42!")).toEqual(["the", "quick", "brown", "fox", "no", "42"])
    expect(terms("can't «l’été» rock'n'roll 'quoted'")).toEqual(["can", "t", "l", "ete", "rock", "n", "roll", "quoted"])
    expect(terms(" \0\n—… ")).toEqual([])
  })

  test("of scripts without spaces are cut by the segmenter, among others too", () => {
    expect(terms("東京タワーに行く").length).toBeGreaterThan(1)
    expect(terms("Tokyo 東京").slice(0, 1)).toEqual(["tokyo"])
    expect(terms("ฉันกินกระจกได้").length).toBeGreaterThan(1)
  })

  test("say where they are in the text as it was given", () => {
    const text = "Ünïcode 😀 ＡＢＣ, 𝒳yz 東京タワー"
    for (const { term, start, end } of wordsOf(text, segment)) expect(foldWord(text.slice(start, end))).toBe(term)
    const given = fc.string({ unit: "grapheme", maxLength: 40 })
    fc.assert(
      fc.property(given, (some) => {
        let last = 0
        for (const { term, start, end } of wordsOf(some, segment)) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          expect(foldWord(some.slice(start, end))).toBe(term)
          last = end
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe("terms", () => {
  test("are words without case, accents and width", () => {
    for (const [one, other] of [
      ["Straße", "STRASSE"],
      ["ÉCOLE", "ecole"],
      ["ﬁne", "FINE"],
      ["１２３", "123"],
      ["ΣΊΣΥΦΟΣ", "σίσυφος"],
      ["Ångström", "angstrom"],
    ] as const)
      expect(foldWord(one)).toBe(foldWord(other))
  })

  test("of a term are the term itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        for (const { term } of wordsOf(text, segment)) expect(foldWord(term)).toBe(term)
      }),
      { numRuns: 2_000 },
    )
  })

  test("are cut when they are long, never within a code point", () => {
    const long = "𝒜".normalize("NFC").repeat(3) + "𐐨".repeat(60)
    const folded = foldWord(long)
    expect(folded.length).toBeLessThanOrEqual(48)
    expect(isWellFormed(folded)).toBe(true)
  })
})

test("terms are counted, and all words with them", () => {
  const { counts, length } = countTerms("To be, or not to be", segment)
  expect([...counts]).toEqual([
    ["to", 2],
    ["be", 2],
    ["or", 1],
    ["not", 1],
  ])
  expect(length).toBe(6)
})

test("the mark of a segmenter tells one that cuts otherwise", () => {
  const whole: Segment = (text) => [{ segment: text, index: 0 }]
  expect(segmenterMark(segment)).toBe(segmenterMark(segment))
  expect(segmenterMark(whole)).not.toBe(segmenterMark(segment))
})
