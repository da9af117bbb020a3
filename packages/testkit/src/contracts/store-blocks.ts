/** The contract of blocks: named by segment and index, written and dropped by whole changes. */
import { expect, test } from "vitest"
import { block, bytesOf, commit, numbersOf, type StoreTests } from "./store-place.ts"

const segmentMax = 2 ** 33 - 1
const indexMax = 2 ** 20 - 1

/** Registers the tests of blocks. */
export function describeBlocks(tests: StoreTests): void {
  describeReads(tests)
  describeSizes(tests)
  describeSegments(tests)
}

function describeReads({ open }: StoreTests): void {
  test("blocks come in the order of their names, whatever that is", async () => {
    const store = await open()
    const blocks = [0, 1, 2, 3, 7, 9, 10, indexMax].map((index) => block(5, index, index % 251))
    await commit(store, { blocks })
    await commit(store, { blocks: [block(6, 0, 60), block(4, indexMax, 40)] })
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [9, 0, indexMax, 7, 2],
      [2, 2, 0, 2],
      [10, 9],
    ]
    for (const indexes of orders) {
      const refs = indexes.map((index) => ({ segment: 5, index }))
      const expected = indexes.map((index) => numbersOf(bytesOf(index % 251)))
      expect((await store.readBlocks(refs)).map(numbersOf)).toEqual(expected)
    }
    const across = [
      { segment: 6, index: 0 },
      { segment: 4, index: indexMax },
      { segment: 5, index: 0 },
    ]
    expect((await (await open()).readBlocks(across)).map(numbersOf)).toEqual([60, 40, 0].map((m) => [...bytesOf(m)]))
  })

  test("a block that is not there is undefined, also among neighbours that are", async () => {
    const store = await open()
    await commit(store, { blocks: [0, 1, 3, 4, 5, 7].map((index) => block(1, index)) })
    const refs = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => ({ segment: 1, index }))
    const found = (await store.readBlocks(refs)).map((bytes, index) => bytes && numbersOf(bytes)?.[0] === index * 31)
    expect(found).toEqual([true, true, undefined, true, true, true, undefined, true, undefined])
    expect(await store.readBlocks([{ segment: 2, index: 0 }])).toEqual([undefined])
  })
}

function describeSizes({ open }: StoreTests): void {
  test("a thousand blocks are one change, and one read", async () => {
    const store = await open()
    const blocks = Array.from({ length: 1000 }, (_, index) => ({
      segment: 77,
      index,
      bytes: bytesOf(index, 1000 + (index % 50)),
    }))
    expect(await commit(store, { blocks })).toBe("committed")
    const read = await (await open()).readBlocks(blocks)
    const isSame = (bytes: Uint8Array | undefined, i: number) =>
      bytes?.length === blocks[i]?.bytes.length && bytes?.every((byte, at) => byte === blocks[i]?.bytes[at])
    expect(read.length).toBe(1000)
    expect(read.every(isSame)).toBe(true)
  })

  test("blocks may be empty or large, and of any segment", async () => {
    const store = await open()
    const large = bytesOf(8, 2_000_000)
    const blocks = [
      { segment: 0, index: 0, bytes: new Uint8Array() },
      { segment: segmentMax, index: indexMax, bytes: large },
      { segment: segmentMax, index: 0, bytes: bytesOf(1) },
    ]
    await commit(store, { blocks })
    const [empty, second, third] = await (await open()).readBlocks(blocks)
    expect(empty?.length).toBe(0)
    expect(second?.length).toBe(large.length)
    expect(second?.every((byte, i) => byte === large[i])).toBe(true)
    expect(numbersOf(third)).toEqual(numbersOf(bytesOf(1)))
    expect([...(await store.listSegments())].sort((a, b) => a - b)).toEqual([0, segmentMax])
  })

  test("what is read is a view of nothing else", async () => {
    const store = await open()
    await commit(store, { append: { n: 1, bytes: bytesOf(1) }, blocks: [block(1, 0), block(1, 1)] })
    const [[first, second], [logged]] = await Promise.all([
      store.readBlocks([block(1, 0), block(1, 1)]),
      store.readLog(0, 1),
    ])
    expect([first?.length, second?.length, logged?.bytes.length]).toEqual([8, 8, 8])
    expect([...(first ?? []), ...(second ?? []), ...(logged?.bytes ?? [])]).not.toContain(0xee)
  })
}

function describeSegments({ open }: StoreTests): void {
  test("a segment grows over several changes", async () => {
    const store = await open()
    for (const index of [0, 1, 2]) await commit(store, { blocks: [block(9, index)] })
    await commit(store, { blocks: [block(9, 1, 200)] })
    const read = await store.readBlocks([0, 1, 2].map((index) => ({ segment: 9, index })))
    expect(read.map(numbersOf)).toEqual([0, 200, 2].map((mark) => [...bytesOf(mark)]))
    expect(await store.listSegments()).toEqual([9])
  })

  test("listSegments names each segment once", async () => {
    const store = await open()
    const segments = [3, 1, 4_000_000_000, 500_000, 2]
    await commit(store, { blocks: segments.flatMap((segment) => [0, 5, indexMax].map((i) => block(segment, i))) })
    expect([...(await store.listSegments())].sort((a, b) => a - b)).toEqual([1, 2, 3, 500_000, 4_000_000_000])
  })

  test("dropping segments removes all of their blocks and no others", async () => {
    const store = await open()
    const blocks = [1, 2, 3, 4].flatMap((segment) => [0, 1, indexMax].map((index) => block(segment, index, segment)))
    await commit(store, { blocks })
    await commit(store, { dropSegments: [2, 4, 99] })
    const read = await (await open()).readBlocks(blocks)
    expect(blocks.filter((_, i) => read[i] !== undefined).map(({ segment }) => segment)).toEqual([1, 1, 1, 3, 3, 3])
    expect([...(await store.listSegments())].sort((a, b) => a - b)).toEqual([1, 3])
  })
}
