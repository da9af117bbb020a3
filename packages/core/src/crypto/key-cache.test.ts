import { expect, test } from "vitest"
import { KeyCache } from "./key-cache.ts"

test("what was used last is kept, up to the bound", async () => {
  const cache = new KeyCache<string>(2)
  const derived: string[] = []
  const get = (name: string) =>
    cache.get(name, async () => {
      derived.push(name)
      return name.toUpperCase()
    })
  for (const name of ["a", "b", "a", "c", "a", "b"]) expect(await get(name)).toBe(name.toUpperCase())
  expect(derived).toEqual(["a", "b", "c", "b"])
})

test("calls that overlap share a derivation", async () => {
  const cache = new KeyCache<object>(2)
  const [one, other] = await Promise.all([cache.get("a", async () => ({})), cache.get("a", async () => ({}))])
  expect(one).toBe(other)
})

test("a failed derivation is not kept", async () => {
  const cache = new KeyCache<string>(2)
  await expect(cache.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no")
  expect(await cache.get("a", async () => "yes")).toBe("yes")
})
