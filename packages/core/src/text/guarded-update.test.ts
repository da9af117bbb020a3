import fc from "fast-check"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { toHex } from "../base/bytes.ts"
import { applyGuarded } from "./guarded-update.ts"

function sample(): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 7
  doc.getText("t").insert(0, "hello world")
  doc.getText("t").format(0, 5, { bold: true })
  doc.getText("t").delete(3, 2)
  doc.getMap("m").set("k", { deep: [1, null, "x"] })
  return Y.encodeStateAsUpdateV2(doc)
}

/** An update that says of itself, in two dozen bytes, that it has 2^31 structs: run-length codes never run out. */
function endless(): Uint8Array {
  const count = [0x80, 0x80, 0x80, 0x80, 0x08]
  return new Uint8Array([0, 0, 1, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 1, 1, ...count, 0, 0])
}

test("an update that claims endless parts is refused after a bounded number of them", () => {
  const doc = new Y.Doc()
  const update = endless()
  expect(update.length).toBeLessThan(27)
  expect(() => applyGuarded(doc, update, undefined)).toThrow(expect.objectContaining({ code: "LIMIT_SIZE" }))
  expect(Y.encodeStateAsUpdateV2(doc)).toEqual(Y.encodeStateAsUpdateV2(new Y.Doc()))
})

test("whatever is cut off or flipped, an update is applied whole, or leaves no trace", () => {
  const good = sample()
  const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 0, maxLength: 3 })
  fc.assert(
    fc.property(fc.nat(good.length), flips, (length, changes) => {
      const bad = good.slice(0, length)
      for (const [at, byte] of changes) if (at < bad.length) bad[at] = byte
      const doc = new Y.Doc()
      doc.getText("t").insert(0, "before")
      const before = toHex(Y.encodeStateAsUpdateV2(doc))
      try {
        applyGuarded(doc, bad, undefined)
      } catch (error) {
        expect(error).toMatchObject({ name: "FixpointError", kind: "invalid" })
        expect(toHex(Y.encodeStateAsUpdateV2(doc))).toBe(before)
      }
    }),
    { numRuns: 500 },
  )
})

test("an update that is too large is not even looked at", () => {
  expect(() => applyGuarded(new Y.Doc(), new Uint8Array(4 * 1024 * 1024 + 1), undefined)).toThrow(
    expect.objectContaining({ code: "LIMIT_SIZE" }),
  )
})
