import fc from "fast-check"
import { expect, test } from "vitest"
import { compareStamps, formatStamp, newActor, parseStamp, type Stamp } from "./stamp.ts"

const actor = fc.uint8Array({ minLength: 10, maxLength: 10 }).map((bytes) => newActor(() => bytes))
const hlc = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 31, 32, Number.MAX_SAFE_INTEGER))
const stamp: fc.Arbitrary<Stamp> = fc.record({ hlc, actor })
const sign = Math.sign

test("a stamp comes back from its text", () => {
  fc.assert(
    fc.property(stamp, (one) => {
      expect(parseStamp(formatStamp(one))).toEqual(one)
    }),
  )
})

test("the order of texts is the order of stamps, by clock and then by actor", () => {
  const close = fc.oneof(stamp, fc.record({ hlc: fc.constantFrom(1, 2), actor }))
  fc.assert(
    fc.property(close, close, (a, b) => {
      const [left, right] = [formatStamp(a), formatStamp(b)]
      expect(sign(compareStamps(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0)
      if (a.hlc !== b.hlc) expect(sign(compareStamps(a, b))).toBe(sign(a.hlc - b.hlc))
    }),
    { numRuns: 2000 },
  )
})

test("other texts are no stamps", () => {
  const good = `00000000001-${"0".repeat(16)}`
  expect(parseStamp(good)).toEqual({ hlc: 1, actor: "0".repeat(16) })
  expect(parseStamp(`7vvvvvvvvvv-${"v".repeat(16)}`)?.hlc).toBe(Number.MAX_SAFE_INTEGER)
  for (const text of [
    "",
    "-",
    `8${good.slice(1)}`,
    good.toUpperCase().replace("1", "A"),
    good.slice(1),
    `${good}0`,
    `${good}\n`,
    good.replace("-", "_"),
    good.replace("1", "w"),
  ])
    expect([text, parseStamp(text)]).toEqual([text, undefined])
})

test("actors are 80 random bits", () => {
  const random = (byteCount: number) => globalThis.crypto.getRandomValues(new Uint8Array(byteCount))
  const actors = Array.from({ length: 1000 }, () => newActor(random))
  expect(new Set(actors).size).toBe(1000)
  for (const one of actors) expect(one).toMatch(/^[0-9a-v]{16}$/)
  expect(newActor(() => new Uint8Array(10).fill(255))).toBe("v".repeat(16))
})
