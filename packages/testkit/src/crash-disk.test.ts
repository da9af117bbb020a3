import type { Durability, Store } from "@fixpoint/core"
import { describe, expect, test } from "vitest"
import { CrashDisk } from "./crash-disk.ts"

const commit = (store: Store, n: number, durability: Durability) =>
  store.commit({ durability, append: { n, bytes: new Uint8Array([n]) } })
const numbers = ({ disk }: CrashDisk) => disk.log.map(({ n }) => n)

/** A disk with a strict record 2 and relaxed ones beside it. */
async function filled(): Promise<{ disk: CrashDisk; store: Store }> {
  const disk = new CrashDisk()
  const store = disk.openStore()
  for (let n = 1; n <= 5; n++) await commit(store, n, n === 2 ? "strict" : "relaxed")
  return { disk, store }
}

test("a kill loses nothing, and ends every process", async () => {
  const { disk, store } = await filled()
  disk.kill()
  await expect(store.readPosition()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" })
  await expect(commit(store, 6, "relaxed")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" })
  expect(numbers(disk)).toEqual([1, 2, 3, 4, 5])
  expect((await disk.openStore().readPosition()).head).toBe(5)
})

describe("a power cut", () => {
  test.each([
    [0, [1, 2, 3, 4, 5]],
    [1, [1, 2, 3, 4]],
    [3, [1, 2]],
    [99, [1, 2]],
  ])("loses %s of the newest commits, but none that a strict one covers", async (lost, left) => {
    const { disk } = await filled()
    expect(disk.unsure).toBe(3)
    disk.cutPower(lost)
    expect([numbers(disk), disk.unsure]).toEqual([left, 0])
  })

  test("loses nothing after a barrier, and nothing that was cut away comes back", async () => {
    const { disk, store } = await filled()
    await store.commit({ durability: "strict" })
    expect(disk.unsure).toBe(0)
    await commit(store, 6, "relaxed")
    disk.cutPower(1)
    await commit(disk.openStore(), 6, "relaxed")
    disk.cutPower(1)
    expect(numbers(disk)).toEqual([1, 2, 3, 4, 5])
  })

  test("an outrun change is no barrier", async () => {
    const { disk, store } = await filled()
    expect(await commit(store, 3, "strict")).toBe("outrun")
    expect(disk.unsure).toBe(3)
  })
})

test.each([
  [true, [1, 2, 3]],
  [false, [1, 2]],
])("a crash at a commit, stored: %s", async (isStored, left) => {
  const disk = new CrashDisk()
  const store = disk.openStore()
  disk.crashAt({ commit: 3, isStored })
  await commit(store, 1, "relaxed")
  await commit(store, 2, "relaxed")
  await expect(commit(store, 3, "relaxed")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" })
  expect([numbers(disk), disk.commits]).toEqual([left, 3])
  expect(await commit(disk.openStore(), left.length + 1, "relaxed")).toBe("committed")
})
