/** Any sequence of changes by two connections reads from a store as it does from memory. Owns: the sequences, and the comparison. */
import type { Store, StoreChange } from "@fixpoint/core"
import fc from "fast-check"
import { expect } from "vitest"
import { createMemoryDisk, createMemoryStore } from "../../packages/core/src/lsm/memory-store.ts"

/** A change whose numbers are given relative to what is there, so that some fit and some do not. */
const relativeChange = fc.record(
  {
    append: fc.constantFrom(1, 1, 1, 0, 2, -1),
    manifest: fc.constantFrom(1, 1, 0, 2),
    blocks: fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 12 })), { maxLength: 8 }),
    drop: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
    trim: fc.integer({ min: -3, max: 2 }),
    isStrict: fc.boolean(),
  },
  { requiredKeys: ["isStrict"] },
)
type RelativeChange = typeof relativeChange extends fc.Arbitrary<infer T> ? T : never

const bytesOf = (mark: number) => new Uint8Array([mark & 0xff, mark >> 8, 1])

function changeAt(step: RelativeChange, mark: number, at: { manifestVersion: number; head: number }): StoreChange {
  const { append, manifest, drop, trim } = step
  // What is written and dropped by one change is not for a contract to say.
  const blocks = step.blocks?.filter(([segment]) => !drop?.includes(segment))
  return {
    durability: step.isStrict ? "strict" : "relaxed",
    ...(append !== undefined && { append: { n: Math.max(1, at.head + append), bytes: bytesOf(mark) } }),
    ...(manifest !== undefined && { manifest: { version: at.manifestVersion + manifest, bytes: bytesOf(mark) } }),
    ...(blocks && { blocks: blocks.map(([segment, index]) => ({ segment, index, bytes: bytesOf(mark + index) })) }),
    ...(drop && { dropSegments: drop }),
    ...(trim !== undefined && { trimLogThrough: Math.max(0, at.head + trim) }),
  }
}

const refs = Array.from({ length: 4 * 13 }, (_, i) => ({ segment: Math.floor(i / 13), index: i % 13 }))

async function everythingIn(store: Store): Promise<unknown> {
  const [header, log, blocks, segments] = await Promise.all([
    store.readHeader(),
    store.readLog(0, 1000),
    store.readBlocks(refs),
    store.listSegments(),
  ])
  const { manifest, head } = header
  return {
    manifest: manifest && [manifest.version, ...manifest.bytes],
    head,
    log: log.map(({ n, bytes }) => [n, ...bytes]),
    blocks: blocks.map((bytes) => bytes && [...bytes]),
    segments: [...segments].sort((a, b) => a - b),
  }
}

/** A place for one sequence. */
export interface ModelPlace {
  open(): Promise<Store>
  remove(): Promise<void>
}

/** Plays sequences on places. */
export async function expectLikeMemory(makePlace: () => Promise<ModelPlace>, numRuns: number): Promise<void> {
  const steps = fc.array(fc.tuple(relativeChange, fc.integer({ min: 0, max: 9 })), { maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const place = await makePlace()
      const stores = [await place.open(), await place.open()]
      const model = createMemoryStore(createMemoryDisk())
      for (const [mark, [step, choice]] of given.entries()) {
        const change = changeAt(step, mark, await model.readPosition())
        const i = choice % 2
        expect(await stores[i]?.commit(change)).toBe(await model.commit(change))
        if (choice !== 9) continue
        await stores[i]?.close()
        stores[i] = await place.open()
      }
      for (const store of stores) expect(await everythingIn(store)).toEqual(await everythingIn(model))
      await Promise.all(stores.map((store) => store.close()))
      await place.remove()
    }),
    { numRuns },
  )
}
