import * as fc from "fast-check"
import { expect, test } from "vitest"
import type { Stamp } from "../clock/stamp.ts"
import { encodeCbor } from "../codec/cbor.ts"
import type { Json } from "../base/json.ts"
import type { State } from "../crdt/cells.ts"
import { StateDigest } from "./digest.ts"

/** The digest by its definition: each document and each cell as one list in CBOR, hashed as a whole. */
function byDefinition(documents: readonly (readonly [string, State])[]): string {
  let sum = 0n
  const add = (fields: unknown): void => {
    const bytes = encodeCbor(fields)
    const hash = (offset: number): bigint => {
      let at = offset
      for (const byte of bytes) at = Math.imul(at ^ byte, 0x01000193)
      at = Math.imul(at ^ (at >>> 16), 0x85ebca6b)
      at = Math.imul(at ^ (at >>> 13), 0xc2b2ae35)
      return BigInt((at ^ (at >>> 16)) >>> 0)
    }
    sum += (hash(0x9e3779b9) << 32n) + hash(0x811c9dc5)
  }
  for (const [key, { life, dead, cells }] of documents) {
    if (dead !== undefined) continue
    add([key, life === 0 ? 0 : [life.hlc, life.actor]])
    for (const [cell, { stamp, value }] of cells)
      if (value !== undefined) add([key, cell, [stamp.hlc, stamp.actor], value])
  }
  return `fp1:${(sum & 0xffff_ffff_ffff_ffffn).toString(16).padStart(16, "0")}`
}

const stamps: fc.Arbitrary<Stamp> = fc.record({
  hlc: fc.integer({ min: 1, max: 2 ** 50 }).map((hlc) => (hlc % 3 === 0 ? 7 : hlc)),
  actor: fc.constantFrom("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"),
})
const texts = fc.string({ unit: "grapheme", maxLength: 40 })
const cells = fc.array(
  fc.tuple(texts, fc.record({ stamp: stamps, value: fc.option(fc.oneof(texts, fc.jsonValue()), { nil: undefined }) })),
)
const states = fc.record({ life: fc.oneof(fc.constant(0 as const), stamps), cells }).map(
  ({ life, cells: list }): State => ({
    life,
    cells: new Map(
      list.map(([key, { stamp, value }]) => [key, value === undefined ? { stamp } : { stamp, value: value as Json }]),
    ),
  }),
)

test("a digest is the sum that its definition says, in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(texts, states)), (documents) => {
      const forth = new StateDigest()
      const back = new StateDigest()
      for (const [key, state] of documents) forth.add(key, state)
      for (const [key, state] of documents.toReversed()) back.add(key, state)
      expect(forth.text).toBe(byDefinition(documents))
      expect(back.text).toBe(forth.text)
    }),
  )
})
