// The laws of lists: devices that insert, move, change and remove offline, through rows and joins as they are.
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import {
  itemsOf,
  type ListPlace,
  type StoredList,
  withItem,
  withItemMoved,
  withItemSet,
  withoutItem,
} from "../../packages/fixpoint/src/list/items.ts"
import { keyBetween } from "../../packages/fixpoint/src/list/order-key.ts"
import { commit, type Device, joinAll, learn, newDevice, shown, stateOf } from "./replicas.ts"

vi.setConfig({ testTimeout: 120_000 })

type Values = StoredList<{ readonly n: number; readonly by?: number }>

type Step =
  | {
      readonly do: "insert" | "move" | "set" | "remove"
      readonly device: number
      readonly pick: number
      readonly at: number
    }
  | { readonly do: "sync"; readonly device: number; readonly to: number }

const device = fc.nat({ max: 2 })
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom("insert" as const, "insert" as const, "move" as const, "set" as const, "remove" as const),
        device,
        pick: fc.nat(),
        at: fc.nat({ max: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("sync" as const), device, to: device }) },
  ),
  { maxLength: 30 },
)

const listOf = (of: Device): Values => ((shown(stateOf(of)) as { list?: Values } | undefined)?.list ?? {}) as Values

const idsOf = (list: Values): string[] => itemsOf(list).map(({ id }) => id)

/** Numbers that repeat seldom, and the same in each run. */
function dice(): () => number {
  let x = 1
  return () => (x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

function changed(list: Values, step: Exclude<Step, { do: "sync" }>, id: string, random: () => number): Values {
  const ids = idsOf(list)
  const place: ListPlace = { at: step.at }
  const picked = ids[step.pick % Math.max(1, ids.length)]
  if (step.do === "insert") return withItem(list, { id, value: { n: step.pick } }, place, random)
  if (picked === undefined) return list
  if (step.do === "move") return withItemMoved(list, picked, place, random)
  if (step.do === "set") return withItemSet(list, picked, { ...itemsOf(list)[ids.indexOf(picked)]!.value, by: step.at })
  return withoutItem(list, picked)
}

/** Runs steps; gives the devices, what was ever inserted, and what was ever removed. */
function run(all: readonly Step[]) {
  const devices = [0, 1, 2].map((number) => newDevice(number))
  const random = dice()
  const inserted = new Set<string>()
  const removed = new Set<string>()
  for (const one of devices) commit(one, [{ op: "put", text: '{"title":"t"}' }])
  for (const [i, step] of all.entries()) {
    const own = devices[step.device]!
    if (step.do === "sync") {
      learn(devices[step.to]!, stateOf(own)!)
      continue
    }
    const before = listOf(own)
    const after = changed(before, step, `item${i}`, random)
    if (step.do === "insert") inserted.add(`item${i}`)
    for (const id of idsOf(before)) if (!idsOf(after).includes(id)) removed.add(id)
    commit(own, [{ op: "put", text: JSON.stringify({ title: "t", list: after }) }])
  }
  return { devices, inserted, removed }
}

test("whoever has seen the same shows the same list, in whatever order it came and however often", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const states = run(all).devices.map((one) => stateOf(one)!)
      const [a, b, c] = states as [(typeof states)[number], (typeof states)[number], (typeof states)[number]]
      const orders = [
        [a, b, c],
        [c, a, b],
        [b, c, a, a, c],
        [c, b, a],
      ].map((order) => {
        const list = (shown(joinAll(order)) as { list?: Values }).list
        return itemsOf(list)
      })
      for (const other of orders) expect(other).toEqual(orders[0])
    }),
    { numRuns: 300 },
  )
})

test("every item that was inserted and never removed is there once; what was removed is gone for good", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { devices, inserted, removed } = run(all)
      for (const one of devices) expect(new Set(idsOf(listOf(one))).size).toBe(idsOf(listOf(one)).length)
      const list = (shown(joinAll(devices.map((one) => stateOf(one)!))) as { list?: Values }).list ?? {}
      expect(idsOf(list).sort()).toEqual([...inserted].filter((id) => !removed.has(id)).sort())
      for (const { value } of itemsOf(list)) expect(value.n).toBeTypeOf("number")
    }),
    { numRuns: 300 },
  )
})

test("on one device a list is an array: what is put or moved somewhere stands there", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const random = dice()
      const model: string[] = []
      let list: Values = {}
      for (const [i, step] of all.entries()) {
        if (step.do === "sync") continue
        const picked = model[step.pick % Math.max(1, model.length)]
        list = changed(list, step, `item${i}`, random)
        if (step.do === "insert") model.splice(Math.min(step.at, model.length), 0, `item${i}`)
        else if (picked !== undefined && step.do !== "set") {
          model.splice(model.indexOf(picked), 1)
          if (step.do === "move") model.splice(Math.min(step.at, model.length), 0, picked)
        }
        expect(idsOf(list)).toEqual(model)
      }
    }),
    { numRuns: 300 },
  )
})

test("places go beside items, and what is not there is refused", () => {
  const random = dice()
  let list: StoredList<string> = {}
  for (const id of ["a", "b", "c"]) list = withItem(list, { id, value: id }, "end", random)
  list = withItem(list, { id: "d", value: "d" }, { before: "b" }, random)
  list = withItem(list, { id: "e", value: "e" }, { after: "b" }, random)
  list = withItemMoved(list, "c", "start", random)
  expect(itemsOf(list).map(({ id }) => id)).toEqual(["c", "a", "d", "b", "e"])
  const gone = withoutItem(list, "b")
  expect(withoutItem(gone, "b")).toBe(gone)
  expect(withoutItem(gone, "never")).toBe(gone)
  expect(() => withItemMoved(gone, "b", "end", random)).toThrow("NOT_FOUND")
  expect(() => withItemSet(gone, "never", "x")).toThrow("NOT_FOUND")
  expect(() => withItem(gone, { id: "f", value: "f" }, { after: "b" }, random)).toThrow("NOT_FOUND")
  expect(() => withItem(gone, { id: "f", value: "f" }, { at: -1 }, random)).toThrow("INVALID_ARGUMENT")
})

test("there is always a key between two, also after a thousand at one place, and then it is still short", () => {
  const random = dice()
  for (const side of ["below", "above"] as const) {
    const ends = { below: undefined as string | undefined, above: undefined as string | undefined }
    ends.below = keyBetween(undefined, undefined, random)
    ends.above = keyBetween(ends.below, undefined, random)
    for (let i = 0; i < 1000; i++) {
      const key = keyBetween(ends.below, ends.above, random)
      expect((ends.below ?? "") < key && key < (ends.above ?? ""), `${ends.below} < ${key} < ${ends.above}`).toBe(true)
      ends[side] = key
    }
    expect((ends[side] ?? "").length).toBeLessThan(250)
  }
})
