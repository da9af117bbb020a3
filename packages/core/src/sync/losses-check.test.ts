import { expect, test } from "vitest"
import { packBlockBytesMax } from "../base/limits.ts"
import { formatStamp } from "../clock/stamp.ts"
import { checkLosses } from "./losses-check.ts"

const stamp = formatStamp({ hlc: 8192, actor: "0123456789abcdef" })
const sound = {
  life: 0,
  registers: [
    [1, "a.b", stamp, { $: ["d", 5] }],
    [1, "gone", stamp],
  ],
  documents: [
    [
      1,
      stamp,
      [["x", stamp, null]],
      [
        ['tags\0s"a"', stamp, true],
        ["at\0o", stamp, true],
      ],
    ],
  ],
}
const check = (losses: unknown) => () => checkLosses(JSON.stringify(losses))

test("losses that a database tells of pass", () => {
  expect(check(sound)).not.toThrow()
  expect(check({ ...sound, life: stamp })).not.toThrow()
})

test.each<[string, unknown]>([
  ["no object", 5],
  ["null", null],
  ["no list", { ...sound, registers: 5 }],
  ["more than are kept", { ...sound, registers: Array.from({ length: 17 }, () => [1, "a", stamp]) }],
  ["a life that is no stamp", { ...sound, life: "x" }],
  ["a stamp that is none", { ...sound, registers: [[1, "a", "x"]] }],
  ["a time that is none", { ...sound, registers: [["now", "a", stamp]] }],
  ["a register that is a counter's part", { ...sound, registers: [[1, "n\0c0123456789abcdef", stamp, 5]] }],
  ["a key that reaches a prototype", { ...sound, registers: [[1, "__proto__", stamp, 1]] }],
  ["a value that no document has", { ...sound, registers: [[1, "a", stamp, { $: ["?", 1] }]] }],
  ["a cell with too much", { ...sound, registers: [[1, "a", stamp, 1, 1]] }],
  ["a document that lost nothing", { ...sound, documents: [[1, 0, [], []]] }],
  ["a counter that holds text", { ...sound, documents: [[1, 0, [["n\0c0123456789abcdef", stamp, "5"]], []]] }],
])("%s is refused", (_, losses) => {
  expect(check(losses)).toThrowError(expect.objectContaining({ name: "FixpointError" }))
})

test("what is larger than a block may be is refused before it is read", () => {
  const huge = { ...sound, registers: [[1, "a", stamp, "x".repeat(packBlockBytesMax)]] }
  expect(check(huge)).toThrowError(expect.objectContaining({ code: "BLOCK_CORRUPT", details: { part: "row" } }))
})

test("text that is no JSON is refused", () => {
  expect(() => checkLosses("{")).toThrowError(expect.objectContaining({ code: "BLOCK_CORRUPT" }))
})
