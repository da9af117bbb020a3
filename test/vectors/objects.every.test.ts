// Our own vectors: what must be taken and what must be refused, on every platform, with the outcome that objects.json has.
// FIXPOINT_VECTORS=write adds outcomes that are missing (missing.test.ts). Nothing replaces one that is there.
import { describe, expect, test } from "vitest"
import { cborVectors, objectVectors, rowVectors } from "./objects.ts"
import json from "./objects.json" with { type: "json" }
import { outcomeOfCbor, outcomeOfObject, outcomeOfRows } from "./outcomes.ts"

const kept = json as unknown as {
  readonly objects: readonly { readonly bytes: string; readonly name: string; readonly outcome: string }[]
  readonly rows: readonly { readonly text: string; readonly outcome: string }[]
  readonly cbor: readonly { readonly bytes: string; readonly outcome: string }[]
}

describe.each(objectVectors)("$kind, $what", (vector) => {
  test("has its outcome", async () => {
    const known = kept.objects.find(({ bytes, name }) => bytes === vector.bytes && name === vector.name)
    expect(await outcomeOfObject(vector)).toBe(known?.outcome)
  })
})

test.each(rowVectors)("rows %j", async (text) => {
  expect(await outcomeOfRows(text)).toBe(kept.rows.find((known) => known.text === text)?.outcome)
})

test.each(cborVectors)("control data %s", (bytes) => {
  expect(outcomeOfCbor(bytes)).toBe(kept.cbor.find((known) => known.bytes === bytes)?.outcome)
})

test("nothing but what was made is taken, and all of that", () => {
  const accepted = objectVectors.filter(({ what }) => what === "as it was made")
  const taken = kept.objects.filter(({ outcome }) => outcome === "accepted")
  expect(taken.map(({ bytes }) => bytes)).toEqual(accepted.map(({ bytes }) => bytes))
  expect(kept.rows.slice(0, 6).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => "accepted"))
  expect(kept.rows.slice(6).filter(({ outcome }) => outcome === "accepted")).toEqual([])
})
