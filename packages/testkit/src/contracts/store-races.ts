/** The contract between connections: of those that try the same number, exactly one is committed. */
import type { CommitOutcome, Store } from "@fixpoint/core"
import { expect, test } from "vitest"
import { bytesOf, commit, genesis, logNumbers, manifest, numbersOf, type StoreTests } from "./store-place.ts"

const rounds = 200

const winners = (outcomes: readonly CommitOutcome[]) => outcomes.filter((outcome) => outcome === "committed").length

/** Registers the tests of races. */
export function describeRaces(tests: StoreTests): void {
  describeLogRaces(tests)
  describeOtherRaces(tests)
}

function describeLogRaces({ open }: StoreTests): void {
  test(`of two connections exactly one wins each of ${rounds} numbers`, async () => {
    const stores = [await open(), await open()]
    for (let n = 1; n <= rounds; n++) {
      const outcomes = await Promise.all(
        stores.map((store, i) => commit(store, { append: { n, bytes: bytesOf(n * 2 + i) } })),
      )
      expect(winners(outcomes)).toBe(1)
      const winner = outcomes.indexOf("committed")
      const [stored] = await stores[n % 2]!.readLog(n - 1, 1)
      expect(numbersOf(stored?.bytes)).toEqual(numbersOf(bytesOf(n * 2 + winner)))
    }
    expect((await logNumbers(stores[0]!)).length).toBe(rounds)
  })

  test("connections that go on from what they read write one chain", async () => {
    const stores = await Promise.all([open(), open(), open()])
    const write = async (store: Store, mark: number) => {
      let done = 0
      while (done < 40) {
        const { head } = await store.readPosition()
        if ((await commit(store, { append: { n: head + 1, bytes: bytesOf(mark) } })) === "committed") done++
      }
    }
    await Promise.all(stores.map((store, i) => write(store, i)))
    const records = await stores[0]!.readLog(0, 1000)
    expect(records.map(({ n }) => n)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
    for (const mark of [0, 1, 2]) expect(records.filter(({ bytes }) => bytes[0] === bytesOf(mark)[0]).length).toBe(40)
  })
}

function describeOtherRaces({ open }: StoreTests): void {
  test("of two connections exactly one wins each manifest, with its blocks", async () => {
    const stores = [await open(), await open()]
    for (let version = 1; version <= 60; version++) {
      const blocks = (i: number) => [{ segment: version * 2 + i, index: 0, bytes: bytesOf(i) }]
      const outcomes = await Promise.all(
        stores.map((store, i) => commit(store, { manifest: manifest(version, i), blocks: blocks(i) })),
      )
      expect(winners(outcomes)).toBe(1)
      const winner = outcomes.indexOf("committed")
      expect(numbersOf((await stores[1 - winner]!.readManifest())?.bytes)).toEqual(numbersOf(bytesOf(winner)))
      const found = await stores[0]!.readBlocks([blocks(0)[0]!, blocks(1)[0]!])
      expect(found.map((bytes) => bytes !== undefined)).toEqual([winner === 0, winner === 1])
    }
  })

  test("an append and a manifest of two connections do not outrun each other", async () => {
    const stores = [await open(), await open()]
    for (let n = 1; n <= 30; n++) {
      const outcomes = await Promise.all([
        commit(stores[0]!, { append: { n, bytes: bytesOf(n) } }),
        commit(stores[1]!, { manifest: manifest(n), blocks: [{ segment: n, index: 0, bytes: bytesOf(n) }] }),
      ])
      expect(outcomes).toEqual(["committed", "committed"])
    }
    expect(await stores[0]!.readPosition()).toEqual({ manifestVersion: 30, head: 30 })
  })

  test("exactly one of many makes the database", async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, open))
    const outcomes = await Promise.all(stores.map((store, i) => store.create(genesis(i + 1))))
    expect(winners(outcomes)).toBe(1)
    const made = genesis(outcomes.indexOf("committed") + 1)
    for (const store of stores) expect((await store.readHeader()).identity).toEqual(made.identity)
  })

  test("trimming and appending at once never lose the newest record", async () => {
    const stores = [await open(), await open()]
    for (let n = 1; n <= 60; n++) {
      const [appended] = await Promise.all([
        commit(stores[n % 2]!, { append: { n, bytes: bytesOf(n) } }),
        commit(stores[(n + 1) % 2]!, { trimLogThrough: n + 5 }),
      ])
      expect(appended).toBe("committed")
      expect((await stores[0]!.readPosition()).head).toBe(n)
      expect((await logNumbers(stores[1]!)).at(-1)).toBe(n)
    }
  })
}
