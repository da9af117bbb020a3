// A field that keeps siblings against a model that knows every write and what its writer had seen: what stands is what nobody wrote over
// who had seen it. That its merge obeys the laws, also beside other kinds of fields, is among the laws of all (merge.test.ts).
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import type { Json, JsonObject } from "../../packages/core/src/base/json.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { commit, type Device, joinAll, learn, newDevice, shown, stateOf } from "./replicas.ts"

vi.setConfig({ testTimeout: 180_000 })

const fields = { m: "mv" } as const

interface Written {
  readonly values: readonly Json[] | undefined
  readonly hlc: number
  readonly device: number
  readonly seen: ReadonlySet<Written>
}

/** What a document shows of the field, by the model. */
function shownOf(knows: ReadonlySet<Written>): readonly Json[] | undefined {
  const standing = [...knows]
    .filter((one) => ![...knows].some((other) => other.seen.has(one)))
    .sort((a, b) => b.hlc - a.hlc || b.device - a.device)
    .flatMap(({ values }) => (values === undefined ? [] : [values]))
  return standing.length < 2 ? standing[0] : [...new Set(standing.slice(0, 4).flat())]
}

const fieldOf = (device: Device) => (shown(stateOf(device)) as JsonObject | undefined)?.["m"]

const put = (values: Json): Edit => ({ op: "put", text: JSON.stringify({ k: 1, m: values }) })
const patch = (values: Json | undefined): Edit => ({ op: "patch", entries: [["m", values]] })

const values = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.nat(5), { minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(fc.nat(5), { maxLength: 3 }) },
)
const step = fc.record({
  device: fc.nat(5),
  from: fc.nat(5),
  does: fc.constantFrom("write", "write", "put", "unset", "learn", "learn", "learn"),
  values,
})

test("what stands is what nobody wrote over who had seen it, newest first, on every device and in whatever order they meet", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const devices = Array.from({ length: 6 }, (_, i) => newDevice(i))
      const knows = devices.map(() => new Set<Written>())
      commit(devices[0] as Device, [{ op: "put", text: '{"k":1}' }], fields)
      for (const device of devices.slice(1)) learn(device, stateOf(devices[0] as Device)!)
      for (const { device: index, from, does, values: given } of steps) {
        const [device, known] = [devices[index] as Device, knows[index] as Set<Written>]
        if (does === "learn") {
          learn(device, stateOf(devices[from] as Device)!)
          for (const one of knows[from] as Set<Written>) known.add(one)
        } else {
          const edit = does === "unset" ? patch(undefined) : does === "put" ? put(given) : patch(given)
          const made = commit(device, [edit], fields)
          const wanted = does === "unset" ? undefined : given
          expect(made === undefined).toBe(JSON.stringify(wanted) === JSON.stringify(shownOf(known)))
          if (made !== undefined)
            known.add({ values: wanted, hlc: made.stamp.hlc, device: index, seen: new Set(known) })
        }
        expect(fieldOf(device)).toEqual(shownOf(known))
      }
      const all = new Set(knows.flatMap((one) => [...one]))
      const states = devices.map((device) => stateOf(device)!)
      for (const order of [states, states.toReversed()])
        expect((shown(joinAll(order)) as JsonObject)["m"]).toEqual(shownOf(all))
    }),
    { numRuns: 600 },
  )
})

test("two writes at once stay beside each other until somebody who sees both writes", () => {
  const [a, b] = [newDevice(0), newDevice(1)]
  commit(a, [put(["milk"])], fields)
  learn(b, stateOf(a)!)
  commit(a, [patch(["oat milk"])], fields)
  b.hlc++
  commit(b, [patch(["soy milk"])], fields)
  learn(a, stateOf(b)!)
  learn(b, stateOf(a)!)
  for (const device of [a, b]) expect(fieldOf(device)).toEqual(["soy milk", "oat milk"])
  expect(commit(a, [put(["soy milk", "oat milk"])], fields)).toBeUndefined()
  // A device that has not declared the field goes on with what it finds.
  commit(b, [patch(["rice milk"])])
  learn(a, stateOf(b)!)
  expect(fieldOf(a)).toEqual(["rice milk"])
  expect([...stateOf(a)!.cells.keys()].filter((key) => key.startsWith("m\0"))).toHaveLength(1)
})

test("a plain value that was there before stays hidden, whoever else writes at once", () => {
  const [a, b] = [newDevice(0), newDevice(1)]
  commit(a, [put("plain")])
  learn(b, stateOf(a)!)
  commit(a, [patch(["x"])], fields)
  b.hlc++
  commit(b, [patch(["y"])], fields)
  learn(a, stateOf(b)!)
  expect(fieldOf(a)).toEqual(["y", "x"])
  commit(a, [patch(undefined)], fields)
  expect(shown(stateOf(a))).toEqual({ k: 1 })
})
