import fc from "fast-check"
import { expect, test } from "vitest"
import type { JsonObject } from "../base/json.ts"
import type { Key } from "../codec/key.ts"
import { eachChange, postingRange, readPosting, termReader, textsOf } from "./postings.ts"
import { parseSearch, placesIn, runSearch, type SearchSource } from "./search.ts"
import { foldWord, type Segment, wordsOf } from "./terms.ts"

const segmenter = new Intl.Segmenter("und", { granularity: "word" })
const segment: Segment = (text) => segmenter.segment(text)
const fields = [
  { path: "title", weight: 2 },
  { path: "tags", weight: 1 },
]
const read = termReader({ fields }, segment)

/** An index in memory, kept by the differences that documents make. */
class Index {
  readonly entries = new Map<Key, string>()
  readonly documents = new Map<string, JsonObject>()
  words = 0

  write(id: string, document: JsonObject | undefined): void {
    const before = read(this.documents.get(id), id)
    const after = read(document, id)
    const { entries } = this
    eachChange(id, before, after, {
      put: (key, value) => entries.set(key, value),
      remove: (key) => entries.delete(key),
    })
    this.words += after.length - before.length
    if (document === undefined) this.documents.delete(id)
    else this.documents.set(id, document)
  }

  get source(): SearchSource {
    const { entries, documents, words } = this
    return {
      documents: documents.size,
      words,
      async *postings({ term, isPrefix }) {
        const { from, to } = postingRange(term, isPrefix)
        yield [...entries].filter(([key]) => key >= from && key < to).map(([key, value]) => readPosting(key, value))
      },
    }
  }
}

const word = fc.constantFrom("riga", "Rīga", "rig", "river", "ab", "abc", "straße", "STRASSE", "é", "東京")
const title = fc.array(word, { maxLength: 4 }).map((words) => words.join(" "))
const document = fc.record(
  { title: fc.oneof(title, fc.constant(5)), tags: fc.array(word, { maxLength: 2 }) },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>
const write = fc.tuple(fc.constantFrom("a", "b", "c", "ž", "😀"), fc.option(document, { nil: undefined }))

test("an index kept by differences is the index made anew", () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 12 }), (writes) => {
      const kept = new Index()
      for (const [id, one] of writes) kept.write(id, one)
      const fresh = new Index()
      for (const [id, one] of kept.documents) fresh.write(id, one)
      expect(new Map([...kept.entries].sort())).toEqual(new Map([...fresh.entries].sort()))
      expect(kept.words).toBe(fresh.words)
    }),
    { numRuns: 300 },
  )
})

test("a search finds the documents that have its words, and no others, best first", async () => {
  const property = fc.asyncProperty(
    fc.array(write, { maxLength: 12 }),
    fc.array(word, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    fc.boolean(),
    async (writes, words, prefix, any) => {
      const index = new Index()
      for (const [id, one] of writes) index.write(id, one)
      const search = parseSearch(words.join(" "), { prefix, any, segment })
      const found = await runSearch(search, index.source)
      const wanted = search.terms
      const expected = [...index.documents]
        .filter(([, { title: text, tags }]) => {
          const has = [...textsOf(text), ...textsOf(tags)].flatMap((one) =>
            [...wordsOf(one, segment)].map(({ term }) => term),
          )
          const holds = ({ term, isPrefix }: (typeof wanted)[number]) =>
            has.some((one) => (isPrefix ? one.startsWith(term) : one === term))
          return any ? wanted.some(holds) : wanted.every(holds)
        })
        .map(([id]) => id)
      expect(found.map(({ id }) => id).sort()).toEqual(expected.sort())
      found.forEach(({ score }, i) =>
        expect(score).toBeLessThanOrEqual(found[i - 1]?.score ?? Number.POSITIVE_INFINITY),
      )
    },
  )
  await fc.assert(property, { numRuns: 400 })
})

test("more of a word, and a word in a weightier field, stand higher", async () => {
  const index = new Index()
  index.write("tag", { title: "x", tags: ["riga"] })
  index.write("title", { title: "riga", tags: ["x"] })
  index.write("twice", { title: "riga riga", tags: [] })
  index.write("other", { title: "x x", tags: [] })
  const found = await runSearch(parseSearch("Riga", { prefix: false, any: false, segment }), index.source)
  expect(found.map(({ id }) => id)).toEqual(["twice", "title", "tag"])
})

test("who types a whole word finds it before words that begin like it, of which one document counts one", async () => {
  const index = new Index()
  index.write("a longer word", { title: "Parista" })
  index.write("two longer words", { title: "Paristown Paristerminal" })
  index.write("in a longer name", { title: "Paris Crossing" })
  index.write("the word", { title: "París" })
  const found = await runSearch(parseSearch("paris", { prefix: true, any: false, segment }), index.source)
  expect(found.map(({ id }) => id)).toEqual(["the word", "in a longer name", "a longer word", "two longer words"])
})

test("a search says where in a text its words are", () => {
  const search = parseSearch("rig strasse", { prefix: true, any: false, segment })
  const text = "Rig, Riga; STRAẞE Straßen"
  const places = placesIn(text, search, segment)
  expect(places.map(([start, end]) => text.slice(start, end))).toEqual(["Rig", "STRAẞE", "Straßen"])
  expect(foldWord("STRAẞE")).toBe("strasse")
})

test("a search without words finds nothing", async () => {
  const index = new Index()
  index.write("a", { title: "riga" })
  for (const text of ["", " ", "!?", "\0"])
    expect(await runSearch(parseSearch(text, { prefix: true, any: false, segment }), index.source)).toEqual([])
})
