import { expect, test } from "vitest"
import { checkObjectKey, checkObjectPrefix } from "./gateway.ts"

test.each(["f", "!", "c/00000001", "p/0/0123456789abcdef/0000000000v", "p/0/a/b~c-d_e", "b/bafk.x", "a".repeat(512)])(
  "%s is a key",
  (key) => {
    expect(() => checkObjectKey(key)).not.toThrow()
    for (let end = 0; end <= key.length; end += 7) expect(() => checkObjectPrefix(key.slice(0, end))).not.toThrow()
  },
)

const noKeys = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", ".a", "a.", "a/.b", "a./b"]
const noPrefixes = ["A", "a b", "ä", "a%2f", "a\\b", "a?b", "a#b", "a\n", "a:b", "a*", "a".repeat(513)]

test.each([...noKeys, ...noPrefixes])("%j is no key", (key) => {
  expect(() => checkObjectKey(key)).toThrow("INVALID_ARGUMENT")
})

test.each(noPrefixes)("no key begins with %j", (prefix) => {
  expect(() => checkObjectPrefix(prefix)).toThrow("INVALID_ARGUMENT")
})
