import fc from "fast-check"
import { expect, test } from "vitest"
import { BloomBuilder, hashKey, mayHold } from "./bloom.ts"

const filterOf = (keys: readonly string[]): Uint8Array => {
  const builder = new BloomBuilder()
  for (const key of keys) builder.add(key)
  return builder.build()
}

test("a key that was added is always found", () => {
  const key = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 200 }), (keys) => {
      const bits = filterOf(keys)
      for (const one of keys) if (!mayHold(bits, hashKey(one))) return false
      return true
    }),
  )
})

test.each(["number", "hex", "long prefix"])("other keys are found once in 300 at most: %s", (kind) => {
  const keyOf = (i: number): string => {
    if (kind === "hex") return (Math.imul(i + 1, 2654435761) >>> 0).toString(16).padStart(8, "0")
    return kind === "number" ? `row ${i}` : `${"collection/".repeat(20)}${i}`
  }
  const bits = filterOf(Array.from({ length: 20_000 }, (_, i) => keyOf(i)))
  let found = 0
  for (let i = 20_000; i < 60_000; i++) if (mayHold(bits, hashKey(keyOf(i)))) found++
  expect(found / 40_000).toBeLessThan(1 / 300)
})
