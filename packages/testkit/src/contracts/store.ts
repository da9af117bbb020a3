/**
 * The contract of the Store seam as tests. Owns: one test or more for each sentence of core's lsm/store.ts that holds
 * without a crash; kills and power cuts are tested where browsers and processes are.
 * Must not know any implementation.
 */
import type { Persistence, Store } from "@fixpoint/core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { describeBlocks } from "./store-blocks.ts"
import { describeLife } from "./store-life.ts"
import { describeLog } from "./store-log.ts"
import {
  commit,
  contentOf,
  genesis,
  manifest,
  numbersOf,
  record,
  type StorePlace,
  type StoreTests,
} from "./store-place.ts"
import { describeRaces } from "./store-races.ts"

/** Runs the contract on stores of one kind. `makePlace` gives an empty place of its own for each test. */
export function describeStore(title: string, persistence: Persistence, makePlace: () => Promise<StorePlace>): void {
  describe(title, () => {
    let place: StorePlace
    let stores: Store[] = []
    beforeEach(async () => {
      place = await makePlace()
    })
    afterEach(async () => {
      await Promise.all(stores.map((store) => store.close()))
      stores = []
      await place.remove?.()
    })
    const open = async () => {
      const store = await place.open()
      stores.push(store)
      return store
    }
    const tests: StoreTests = { persistence, open }
    describeHeader(tests)
    describeLog(tests)
    describeBlocks(tests)
    describeChange(tests)
    describeRaces(tests)
    describeLife(tests)
  })
}

function describeHeader({ persistence, open }: StoreTests): void {
  test("an empty place reads as empty", async () => {
    const store = await open()
    expect(store.persistence).toBe(persistence)
    expect(store.dataLoss).toBeUndefined()
    const header = await store.readHeader()
    expect([header.identity, header.keys, header.manifest, header.head]).toEqual([undefined, undefined, undefined, 0])
    expect(await store.readPosition()).toEqual({ manifestVersion: 0, head: 0 })
    expect(await store.readManifest()).toBeUndefined()
    expect(await store.readLog(0, 10)).toEqual([])
    expect(await store.readBlocks([])).toEqual([])
    expect(await store.readBlocks([{ segment: 1, index: 0 }])).toEqual([undefined])
    expect(await store.listSegments()).toEqual([])
  })

  test("create stores identity, keys and manifest together, for every connection", async () => {
    const [one, other] = [await open(), await open()]
    expect(await one.create(genesis(7))).toBe("committed")
    for (const store of [one, other]) {
      const header = await store.readHeader()
      expect(header.identity).toEqual(genesis(7).identity)
      expect(header.keys).toEqual(genesis(7).keys)
      expect(header.manifest?.version).toBe(1)
      expect(numbersOf(header.manifest?.bytes)).toEqual(numbersOf(manifest(1, 7).bytes))
      expect(header.head).toBe(0)
    }
  })

  test("create is outrun where there is an identity, and changes nothing", async () => {
    const store = await open()
    await store.create(genesis(1))
    const before = await contentOf(store, [])
    expect(await store.create(genesis(2))).toBe("outrun")
    expect(await (await open()).create(genesis(3))).toBe("outrun")
    expect(await contentOf(store, [])).toEqual(before)
  })

  test("putKeys replaces the key record alone", async () => {
    const store = await open()
    await store.create(genesis(1))
    await commit(store, { append: record(1) })
    await store.putKeys({ slots: [], note: "another" })
    const { identity, keys, manifest: stored, head } = await (await open()).readHeader()
    expect(keys).toEqual({ slots: [], note: "another" })
    expect(identity).toEqual(genesis(1).identity)
    expect([stored?.version, head]).toEqual([1, 1])
  })

  test("the manifest follows version by version", async () => {
    const store = await open()
    expect(await commit(store, { manifest: manifest(2) })).toBe("outrun")
    expect(await commit(store, { manifest: manifest(1) })).toBe("committed")
    expect(await commit(store, { manifest: manifest(1, 9) })).toBe("outrun")
    expect(await commit(store, { manifest: manifest(3) })).toBe("outrun")
    expect(await commit(store, { manifest: manifest(2) })).toBe("committed")
    const stored = await store.readManifest()
    expect([stored?.version, numbersOf(stored?.bytes)]).toEqual([2, numbersOf(manifest(2).bytes)])
    expect(await store.readPosition()).toEqual({ manifestVersion: 2, head: 0 })
  })
}

function describeChange({ open }: StoreTests): void {
  const refs = [1, 2].flatMap((segment) => [0, 1, 2].map((index) => ({ segment, index })))
  const blocksOf = (segment: number) => [0, 1, 2].map((index) => ({ segment, index, bytes: record(index).bytes }))

  test("a change with all parts is applied as a whole", async () => {
    const store = await open()
    await store.create(genesis())
    for (const n of [1, 2, 3]) await commit(store, { append: record(n) })
    await commit(store, { blocks: blocksOf(1) })
    const change = {
      append: record(4),
      manifest: manifest(2),
      blocks: blocksOf(2),
      trimLogThrough: 2,
      dropSegments: [1],
    }
    expect(await commit(store, change)).toBe("committed")
    const other = await open()
    expect((await other.readLog(0, 10)).map(({ n }) => n)).toEqual([3, 4])
    expect(await other.readPosition()).toEqual({ manifestVersion: 2, head: 4 })
    expect(await other.listSegments()).toEqual([2])
    const blocks = await other.readBlocks(refs)
    expect(blocks.map((bytes) => bytes !== undefined)).toEqual([false, false, false, true, true, true])
  })

  const outrunParts = [
    { what: "append", change: { append: record(9), manifest: manifest(2) } },
    { what: "manifest", change: { append: record(4), manifest: manifest(7) } },
    { what: "manifest of before", change: { append: record(4), manifest: manifest(1, 5) } },
  ]
  for (const durability of ["relaxed", "strict"] as const)
    for (const { what, change } of outrunParts)
      test(`nothing of a ${durability} change is stored when its ${what} is outrun`, async () => {
        const store = await open()
        await store.create(genesis())
        for (const n of [1, 2, 3]) await commit(store, { append: record(n) })
        await commit(store, { blocks: blocksOf(1) })
        const before = await contentOf(store, refs)
        const rest = { blocks: blocksOf(2), trimLogThrough: 2, dropSegments: [1] }
        expect(await store.commit({ durability, ...change, ...rest })).toBe("outrun")
        expect(await contentOf(store, refs)).toEqual(before)
        expect(await contentOf(await open(), refs)).toEqual(before)
      })

  test("an empty change is committed and changes nothing", async () => {
    const store = await open()
    await store.create(genesis())
    await commit(store, { append: record(1), blocks: blocksOf(1) })
    const before = await contentOf(store, refs)
    for (const durability of ["relaxed", "strict", "strict"] as const)
      expect(await store.commit({ durability })).toBe("committed")
    expect(await contentOf(await open(), refs)).toEqual(before)
  })
}
