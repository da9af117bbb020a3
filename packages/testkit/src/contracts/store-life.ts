/** The contract of a connection's life: reopening, closing, destroying. */
import type { Store } from "@fixpoint/core"
import { expect, test } from "vitest"
import {
  appendThrough,
  block,
  commit,
  contentOf,
  genesis,
  logNumbers,
  manifest,
  record,
  type StoreTests,
} from "./store-place.ts"

/** Every call of a store, for tests of what a closed one answers. */
const calls: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  readHeader: (store) => store.readHeader(),
  create: (store) => store.create(genesis()),
  putKeys: (store) => store.putKeys({}),
  readPosition: (store) => store.readPosition(),
  readManifest: (store) => store.readManifest(),
  readLog: (store) => store.readLog(0, 1),
  readBlocks: (store) => store.readBlocks([{ segment: 1, index: 1 }]),
  listSegments: (store) => store.listSegments(),
  "commit of a record": (store) => commit(store, { append: record(1) }),
  "an empty commit": (store) => commit(store, {}),
  "a barrier": (store) => store.commit({ durability: "strict" }),
  destroy: (store) => store.destroy(),
}

const fill = async (store: Store) => {
  await store.create(genesis(4))
  await appendThrough(store, 1, 3)
  await commit(store, { manifest: manifest(2), blocks: [block(1, 0), block(1, 1)] })
}

const refs = [block(1, 0), block(1, 1), block(1, 2)]

/** Registers the tests of a connection's life. */
export function describeLife({ open }: StoreTests): void {
  test("what was committed is there when the place is opened again", async () => {
    const store = await open()
    await fill(store)
    const before = await contentOf(store, refs)
    await store.close()
    expect(await contentOf(await open(), refs)).toEqual(before)
  })

  test("a commit is seen by the other connections once it has resolved", async () => {
    const [one, other] = [await open(), await open()]
    for (let n = 1; n <= 20; n++) {
      await commit(one, { append: record(n), manifest: manifest(n), blocks: [block(n, 0)] })
      expect(await other.readPosition()).toEqual({ manifestVersion: n, head: n })
      expect((await other.readBlocks([block(n, 0)]))[0]).toBeDefined()
    }
  })

  for (const [name, call] of Object.entries(calls))
    test(`a closed store rejects with CLOSED: ${name}`, async () => {
      const store = await open()
      await fill(store)
      await store.close()
      await expect(call(store)).rejects.toMatchObject({ code: "CLOSED" })
    })

  test("close lets pending calls finish, and may be called again", async () => {
    const store = await open()
    await store.create(genesis())
    const pending = [1, 2, 3, 4, 5].map((n) => commit(store, { append: record(n) }))
    const read = store.readHeader()
    await store.close()
    expect(await Promise.all(pending)).toEqual(Array.from({ length: 5 }, () => "committed"))
    expect((await read).identity).toEqual(genesis().identity)
    await store.close()
    expect(await logNumbers(await open())).toEqual([1, 2, 3, 4, 5])
  })

  test("closing one connection leaves the others open", async () => {
    const [one, other] = [await open(), await open()]
    await fill(one)
    await one.close()
    expect(await commit(other, { append: record(4) })).toBe("committed")
  })

  test("destroy lets the only pending call finish, and nothing of it is left", async () => {
    const store = await open()
    await store.create(genesis())
    const pending = commit(store, { append: record(1) })
    await store.destroy()
    expect(await pending).toBe("committed")
    expect(await contentOf(await open(), refs)).toMatchObject({ identity: undefined, head: 0, log: [] })
  })

  test("destroy leaves an empty place, and closes", async () => {
    const store = await open()
    await fill(store)
    await store.destroy()
    await expect(store.readHeader()).rejects.toMatchObject({ code: "CLOSED" })
    const fresh = await open()
    expect(await contentOf(fresh, refs)).toMatchObject({ identity: undefined, manifest: undefined, head: 0, log: [] })
    expect(await fresh.listSegments()).toEqual([])
    expect(await fresh.create(genesis(9))).toBe("committed")
    expect(await commit(fresh, { append: record(1) })).toBe("committed")
  })
}
