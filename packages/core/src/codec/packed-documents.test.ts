// Packed documents: unpacked, they are what each decodes to by itself, however many there are and whatever is in them.
import fc from "fast-check"
import { expect, test } from "vitest"
import { packDocuments, unpackDocuments } from "./packed-documents.ts"
import { decodeDocument, encodeDocument } from "./value.ts"

const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -0.5, "", "$", "$d", "__proto__", "\u2028", "\u{10000}", 7n, new Date(5)),
  fc.string({ maxLength: 40 }),
  fc.constant("long ".repeat(900)),
)
const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.record({ $: leaf, b: leaf }), fc.constant({}))
const document = fc.dictionary(fc.constantFrom("a", "$", "$$x", "7", "id", "n.c"), value, {
  maxKeys: 4,
  noNullPrototype: true,
})
const id = fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" })

test("unpacked documents are those that went in, in their order, with _id first", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, document), { maxLength: 60 }), (given) => {
      const stored = given.map(([own, fields]) => ({ id: own, text: encodeDocument(fields).text }))
      const pieces = packDocuments(stored)
      const found = pieces.flatMap((piece) => unpackDocuments<object>(piece))
      const expected = stored.map(({ id: own, text }) => decodeDocument<object>(own, text))
      expect(found).toEqual(expected)
      expect(found.map((one) => Object.keys(one))).toEqual(expected.map((one) => Object.keys(one)))
      for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeGreaterThan(8 * 1024)
    }),
    { numRuns: 300 },
  )
})
