import fc from "fast-check"
import { expect, test } from "vitest"
import { Memtable } from "./memtable.ts"

interface Row {
  readonly value: string | null
  readonly n: number
}

test("a table is a sorted map that forgets by number, and knows its size", () => {
  const put = fc.record({ key: fc.nat(12).map(String), value: fc.option(fc.string({ maxLength: 5 })) })
  const step = fc.oneof({ weight: 6, arbitrary: put }, { weight: 1, arbitrary: fc.record({ through: fc.nat(40) }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new Memtable()
      const model = new Map<string, Row>()
      steps.forEach((one, n) => {
        if ("through" in one) {
          table.dropThrough(one.through)
          for (const [key, row] of model) if (row.n <= one.through) model.delete(key)
        } else {
          table.put(one.key, one.value, n)
          model.set(one.key, { value: one.value, n })
        }
        const rows = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        expect(table.rows()).toEqual({ keys: rows.map(([key]) => key), values: rows.map(([, row]) => row.value) })
        expect(table.rows({ from: "1", to: "3" }).keys).toEqual(
          rows.map(([key]) => key).filter((key) => key >= "1" && key < "3"),
        )
        expect(table.size).toBe(model.size)
        expect(table.bytes).toBe(rows.reduce((sum, [key, row]) => sum + key.length + (row.value?.length ?? 0) + 32, 0))
        for (let i = 0; i <= 12; i++) expect(table.get(String(i))).toBe(model.get(String(i))?.value)
      })
    }),
  )
})

test("a newer table laid over an older one hides its rows", () => {
  const [older, newer] = [new Memtable(), new Memtable()]
  older.put("a", "1", 1)
  older.put("b", "1", 1)
  newer.put("b", null, 2)
  newer.put("c", "2", 2)
  older.putAll(newer)
  expect(older.rows()).toEqual({ keys: ["a", "b", "c"], values: ["1", null, "2"] })
  older.dropThrough(1)
  expect(older.rows().keys).toEqual(["b", "c"])
})
