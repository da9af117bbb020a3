/** The contract of lists: order, prefixes and pages. */
import { expect, test } from "vitest"
import { bodyOf, type GatewayTests, keysBelow, listBelow } from "./gateway-place.ts"

/** In an order of their own; sorted by characters, "!" comes before "-" before "." before "/" before digits, "_", letters, "~". */
const keys = [
  "p/0/b/2",
  "p/0/a/10",
  "p/0/a/1",
  "p/0/a!x",
  "p/0/a-x",
  "p/0/a.x",
  "p/0/a_x",
  "p/0/a~x",
  "p/0/a0x",
  "p/1/a/1",
  "!",
  "f",
  "c/00000002",
  "c/00000001",
  "b/bafkreia",
]

/** Registers the tests of lists. */
export function describeList({ open, capabilities }: GatewayTests): void {
  const filled = async () => {
    const gateway = await open()
    for (const [mark, key] of keys.entries()) await gateway.put(key, bodyOf(mark, mark))
    return gateway
  }

  test("a list is in the order of characters, with sizes and etags", async () => {
    const gateway = await filled()
    const listed = await listBelow(gateway, "")
    expect(listed.map(({ key }) => key)).toEqual([...keys].sort())
    for (const { key, size, etag } of listed) {
      expect(size).toBe(keys.indexOf(key))
      const found = await gateway.get(key)
      if (etag !== undefined) expect(found).toMatchObject({ kind: "found", etag })
    }
  })

  test("a prefix is a beginning of keys, wherever it ends", async () => {
    const gateway = await filled()
    for (const prefix of [
      "p",
      "p/",
      "p/0/a",
      "p/0/a/",
      "p/0/a/1",
      "p/0/a/10",
      "c/0000",
      "f",
      "!",
      "zz",
      "p/0/a.",
      "p/0/a~x",
    ])
      expect([prefix, await keysBelow(gateway, prefix)]).toEqual([
        prefix,
        keys.filter((key) => key.startsWith(prefix)).sort(),
      ])
  })

  test("pages of any size have each key once", async () => {
    const gateway = await filled()
    for (const limit of [1, 2, 3, 7, keys.length - 1, keys.length, keys.length + 1])
      expect([limit, await keysBelow(gateway, "", limit)]).toEqual([limit, [...keys].sort()])
    for (const limit of [1, 2]) expect(await keysBelow(gateway, "c/", limit)).toEqual(["c/00000001", "c/00000002"])
  })

  test("a list begins after a key, whether there is one or not", async () => {
    const gateway = await filled()
    for (const after of ["p/0/a/1", "p/0/a/05", "p/", "p/0/a", "!", "a", "zz", "p/0/a~x"]) {
      const { keys: listed } = await gateway.list("p/0/", { after })
      const expected = keys.filter((key) => key.startsWith("p/0/") && key > after).sort()
      expect([after, listed.map(({ key }) => key)]).toEqual([after, expected])
    }
  })

  test.runIf(capabilities.strongList)(
    "a list shows what has just been put and not what has just been deleted",
    async () => {
      const [one, other] = [await open(), await open()]
      for (let n = 0; n < 12; n++) {
        await one.put(`a/${n}`, bodyOf(n))
        expect(await keysBelow(other, "a/")).toEqual([`a/${n}`])
        await other.delete(`a/${n}`)
        expect(await keysBelow(one, "a/")).toEqual([])
      }
    },
  )
}
