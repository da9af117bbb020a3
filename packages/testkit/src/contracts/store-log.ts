/** The contract of the log: a chain by compare-and-swap whose newest record is never trimmed. */
import { expect, test } from "vitest"
import { appendThrough, bytesOf, commit, logNumbers, numbersOf, record, type StoreTests } from "./store-place.ts"

/** Registers the tests of the log. */
export function describeLog(tests: StoreTests): void {
  describeAppends(tests)
  describeTrims(tests)
}

function describeAppends({ open }: StoreTests): void {
  test("a record is appended only behind its predecessor", async () => {
    const store = await open()
    expect(await commit(store, { append: record(2) })).toBe("outrun")
    expect(await commit(store, { append: record(1) })).toBe("committed")
    expect(await commit(store, { append: record(1, 9) })).toBe("outrun")
    expect(await commit(store, { append: record(3) })).toBe("outrun")
    expect(await commit(store, { append: record(2) })).toBe("committed")
    expect(await logNumbers(store)).toEqual([1, 2])
    expect((await store.readLog(0, 1)).map(({ bytes }) => numbersOf(bytes))).toEqual([numbersOf(bytesOf(1))])
    expect((await store.readPosition()).head).toBe(2)
  })

  test("a record that comes second leaves the first as it is, whatever their sizes", async () => {
    const store = await open()
    const other = await open()
    const sizes = [10, 60_000, 60_001, 150_000, 480_000, 480_001]
    for (const [i, size] of sizes.entries()) {
      const n = i + 1
      expect(await commit(store, { append: { n, bytes: bytesOf(n, size) } })).toBe("committed")
      for (const second of [20, 60_001, 200_000])
        expect(await commit(other, { append: { n, bytes: bytesOf(99, second) } }), `${size} ${second}`).toBe("outrun")
    }
    const found = await other.readLog(0, 10)
    expect(found.map(({ n, bytes }) => [n, bytes.length])).toEqual(sizes.map((size, i) => [i + 1, size]))
    for (const { n, bytes } of found) {
      const whole = bytesOf(n, bytes.length)
      expect(bytes.every((byte, i) => byte === whole[i])).toBe(true)
    }
  })

  test("readLog gives the records after a number, ascending, up to the limit", async () => {
    const store = await open()
    await appendThrough(store, 1, 12)
    expect(await logNumbers(store)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect((await store.readLog(9, 10)).map(({ n }) => n)).toEqual([10, 11, 12])
    expect((await store.readLog(3, 2)).map(({ n, bytes }) => [n, ...bytes])).toEqual([
      [4, ...bytesOf(4)],
      [5, ...bytesOf(5)],
    ])
    expect(await store.readLog(12, 10)).toEqual([])
    expect(await store.readLog(99, 10)).toEqual([])
    expect(await store.readLog(0, 0)).toEqual([])
  })

  test("appends that are sent without waiting are committed in their order", async () => {
    const store = await open()
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, i) => commit(store, { append: record(i + 1) })))
    expect(outcomes.every((outcome) => outcome === "committed")).toBe(true)
    expect((await logNumbers(store)).length).toBe(60)
  })

  test("records may be empty or large", async () => {
    const store = await open()
    const large = bytesOf(3, 6_000_000)
    await commit(store, { append: { n: 1, bytes: new Uint8Array() } })
    await commit(store, { append: { n: 2, bytes: large } })
    const [empty, second] = await (await open()).readLog(0, 10)
    expect(empty?.bytes.length).toBe(0)
    expect(second?.bytes.length).toBe(large.length)
    expect(second?.bytes.every((byte, i) => byte === large[i])).toBe(true)
  })
}

function describeTrims({ open }: StoreTests): void {
  test("large records keep to themselves, and are trimmed as others", async () => {
    const store = await open()
    const sizes = [150_000, 10, 60_000, 60_001, 120_000]
    for (const [i, size] of sizes.entries()) await commit(store, { append: { n: i + 1, bytes: bytesOf(i + 1, size) } })
    const found = await store.readLog(0, 10)
    expect(found.map(({ bytes }) => bytes.length)).toEqual(sizes)
    for (const { n, bytes } of found) {
      const whole = bytesOf(n, bytes.length)
      expect(bytes.every((byte, i) => byte === whole[i])).toBe(true)
    }
    expect((await store.readLog(2, 2)).map(({ n, bytes }) => [n, bytes.length])).toEqual([
      [3, 60_000],
      [4, 60_001],
    ])
    await commit(store, { trimLogThrough: 4 })
    expect((await store.readLog(0, 10)).map(({ n, bytes }) => [n, bytes.length])).toEqual([[5, 120_000]])
  })

  test("trimming removes through its number, and nothing when it is behind", async () => {
    const store = await open()
    await appendThrough(store, 1, 10)
    await commit(store, { trimLogThrough: 4 })
    expect(await logNumbers(store)).toEqual([5, 6, 7, 8, 9, 10])
    await commit(store, { trimLogThrough: 3 })
    expect(await logNumbers(await open())).toEqual([5, 6, 7, 8, 9, 10])
    expect((await store.readLog(0, 2)).map(({ n }) => n)).toEqual([5, 6])
  })

  for (const through of [3, 4, 1000])
    test(`trimming through ${through} of 3 records keeps the newest`, async () => {
      const store = await open()
      await appendThrough(store, 1, 3)
      await commit(store, { trimLogThrough: through })
      expect(await logNumbers(await open())).toEqual([3])
      expect((await store.readPosition()).head).toBe(3)
    })

  test("trimming with an append keeps the record that is appended", async () => {
    const store = await open()
    await appendThrough(store, 1, 3)
    expect(await commit(store, { append: record(4), trimLogThrough: 4 })).toBe("committed")
    expect(await logNumbers(await open())).toEqual([4])
  })

  test("trimming an empty log leaves it empty", async () => {
    const store = await open()
    expect(await commit(store, { trimLogThrough: 5 })).toBe("committed")
    expect(await commit(store, { append: record(1) })).toBe("committed")
    expect(await logNumbers(store)).toEqual([1])
  })

  test("a number that was trimmed is never given again", async () => {
    const [store, slept] = [await open(), await open()]
    await appendThrough(store, 1, 5)
    await commit(store, { trimLogThrough: 5 })
    for (const n of [1, 2, 3, 4, 5]) expect(await commit(slept, { append: record(n, 99) })).toBe("outrun")
    expect(await commit(slept, { append: record(6) })).toBe("committed")
    expect(await logNumbers(store)).toEqual([5, 6])
  })
}
