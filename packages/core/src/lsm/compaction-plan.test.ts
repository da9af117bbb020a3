import fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as limits from "../base/limits.ts"
import { planCompaction, rawSegments, replaced, stillHolds } from "./compaction-plan.ts"
import type { SegmentMeta } from "./manifest.ts"

const segment = (id: number, level: number): SegmentMeta => ({
  id,
  salt: new Uint8Array(32),
  level,
  first: id,
  last: id,
  rows: 1,
  blocks: 1,
  bytes: 1,
  min: "a",
  max: "b",
  cid: "",
})
const levelsOf = (segments: readonly SegmentMeta[]): number[] => segments.map(({ level }) => level)
const ofLevels = (...levels: number[]): SegmentMeta[] => levels.map((level, i) => segment(100 - i, level))
const times = (count: number, level: number): number[] => Array.from({ length: count }, () => level)
const { levelFan, levelMax } = limits

describe("a merge of one level", () => {
  test("waits until the level is full, and takes all of it", () => {
    expect(planCompaction({ segments: ofLevels(...times(levelFan - 1, 0)) }, { all: false })).toBeUndefined()
    const segments = ofLevels(...times(levelFan + 2, 0), 1, 1)
    const plan = planCompaction({ segments }, { all: false })
    expect(plan).toEqual({ inputs: segments.slice(0, levelFan + 2), level: 1 })
  })

  test("takes the youngest full level, and stays at the last level", () => {
    const young = planCompaction({ segments: ofLevels(...times(levelFan, 1), ...times(levelFan, 2)) }, { all: false })
    expect(young?.level).toBe(2)
    const old = planCompaction({ segments: ofLevels(0, ...times(levelFan, levelMax)) }, { all: false })
    expect(old).toMatchObject({ level: levelMax, inputs: { length: levelFan } })
  })

  test("never joins neighbours of different levels, so that the spans stay apart", () => {
    const segments = ofLevels(...times(levelFan - 1, 0), 1, 0)
    expect(planCompaction({ segments }, { all: false })).toBeUndefined()
  })
})

describe("a merge of everything", () => {
  test("ends with one compressed segment", () => {
    expect(planCompaction({ segments: [] }, { all: true })).toBeUndefined()
    expect(planCompaction({ segments: ofLevels(2) }, { all: true })).toBeUndefined()
    expect(planCompaction({ segments: ofLevels(0) }, { all: true })).toMatchObject({ level: 1, inputs: { length: 1 } })
    expect(planCompaction({ segments: ofLevels(0, 1, 3) }, { all: true })).toMatchObject({
      level: 3,
      inputs: { length: 3 },
    })
  })
})

test("flushes and merges in any order keep levels from falling, and merge each row once a level", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("flush", "compress", "merge"), { maxLength: 400 }), (steps) => {
      let segments: SegmentMeta[] = []
      let id = 0
      for (const step of steps) {
        const plan = step === "merge" ? planCompaction({ segments }, { all: false }) : undefined
        if (step === "flush") segments = replaced(segments, [], segment(id++, 0))
        else if (step === "compress") segments = replaced(segments, rawSegments({ segments }), segment(id++, 1))
        else if (plan !== undefined) segments = replaced(segments, plan.inputs, segment(id++, plan.level))
        const levels = levelsOf(segments)
        expect(levels).toEqual(levels.toSorted((a, b) => a - b))
      }
    }),
  )
})

test("an exchange holds only where the inputs stand beside each other as they did", () => {
  const segments = ofLevels(0, 0, 1, 1)
  const inputs = segments.slice(1, 3)
  expect(stillHolds({ segments: [segment(1, 0), ...segments] }, inputs)).toBe(true)
  expect(stillHolds({ segments: segments.toSpliced(2, 1) }, inputs)).toBe(false)
  expect(stillHolds({ segments: segments.toSpliced(2, 0, segment(7, 0)) }, inputs)).toBe(false)
  expect(stillHolds({ segments: [] }, [])).toBe(true)
  expect(replaced(segments, inputs, undefined).map(({ id }) => id)).toEqual([100, 97])
})
