import fc from "fast-check"
import { expect, test } from "vitest"
import type { Rows } from "./block.ts"
import { mergeRuns } from "./merge.ts"
import { Run } from "./segment-run.ts"

type Row = readonly [key: string, value: string | null]

const rowsOf = (rows: readonly Row[]): Rows => ({
  keys: rows.map(([key]) => key),
  values: rows.map(([, text]) => text),
})

const sorted = fc
  .uniqueArray(fc.tuple(fc.nat(30).map(String), fc.option(fc.nat(9).map(String))), { selector: ([key]) => key })
  .map((rows) => rows.sort(([a], [b]) => (a < b ? -1 : 1)))

test("rows come in order, each key once, the newest version, however the runs are loaded", () => {
  const source = fc.tuple(sorted, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 9 }))
  fc.assert(
    fc.property(fc.array(source, { maxLength: 6 }), (sources) => {
      const waiting = sources.map(([rows, sizes]) => {
        const left = [...rows]
        const blocks = sizes.map((size) => left.splice(0, size)).filter((block) => block.length > 0)
        return left.length > 0 ? [...blocks, left] : blocks
      })
      const runs = sources.map(() => new Run(rowsOf([])))
      const merged: Row[] = []
      for (;;) {
        runs.forEach((run, i) => {
          const block = run.hasRow() ? undefined : waiting[i]?.shift()
          if (block !== undefined) run.queue.push(rowsOf(block))
        })
        if (!runs.some((run) => run.hasRow())) break
        const before = merged.length
        mergeRuns(runs, (key, text) => merged.push([key, text]))
        expect(merged.length, "each round gets on").toBeGreaterThan(before)
      }
      const newest = new Map<string, string | null>()
      for (const [rows] of sources) for (const [key, text] of rows) if (!newest.has(key)) newest.set(key, text)
      expect(merged).toEqual([...newest].sort(([a], [b]) => (a < b ? -1 : 1)))
    }),
    { numRuns: 500 },
  )
})
