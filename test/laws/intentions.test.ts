// What writers can rely on: the edits of others beside theirs, deletions, counters and sets.
import fc from "fast-check"
import { describe, expect, test, vi } from "vitest"
import type { Json, JsonObject } from "../../packages/core/src/base/json.ts"
import { equalValues } from "../../packages/core/src/codec/order.ts"
import { escapeSegment, readPath, splitPath } from "../../packages/core/src/codec/path.ts"
import { isBranch } from "../../packages/core/src/crdt/changes.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { documents, histories, stayingEdits } from "./histories.ts"
import { commit, type Device, joinAll, learn, newDevice, run, shown, stateOf } from "./replicas.ts"

// Thousands of histories take seconds, and more on a machine that does other work.
vi.setConfig({ testTimeout: 180_000 })

const numRuns = 800

const put = (document: JsonObject): Edit => ({ op: "put", text: JSON.stringify(document) })

/** Three devices that know the same document. */
function three(document: JsonObject, fields = {}): [Device, Device, Device] {
  const [a, b, c] = [newDevice(0), newDevice(1), newDevice(2)]
  commit(a, [put(document)], fields)
  for (const device of [b, c]) learn(device, stateOf(a)!)
  return [a, b, c]
}

/** The document that all of them come to, whichever way round they meet. */
function meeting(devices: readonly Device[]): Json | undefined {
  const states = devices.map((device) => stateOf(device)!)
  const document = shown(joinAll(states))
  expect(shown(joinAll(states.toReversed()))).toEqual(document)
  return document
}

/** The paths of leaves that lie in objects. */
function leaves(value: JsonObject, prefix = ""): string[] {
  return Object.entries(value).flatMap(([key, one]) => {
    const path = prefix + escapeSegment(key)
    return isBranch(one, splitPath(path).length) && Object.keys(one).length > 0 ? leaves(one, `${path}.`) : [path]
  })
}

describe("two writers", () => {
  test("of two different leaves keep both", () => {
    fc.assert(
      fc.property(documents, fc.nat(), fc.nat(), (document, first, second) => {
        const paths = leaves(document)
        const [p, q] = [paths[first % paths.length], paths[second % paths.length]]
        if (p === undefined || q === undefined || p === q) return
        const [a, b] = three(document)
        commit(a, [{ op: "patch", entries: [[p, "from a"]] }])
        const text = shown(stateOf(b))
        commit(b, [put(withLeaf(text as JsonObject, splitPath(q), "from b"))])
        const merged = meeting([a, b]) as JsonObject
        expect(readPath(merged, splitPath(p))).toBe("from a")
        expect(readPath(merged, splitPath(q))).toBe("from b")
        for (const path of paths)
          if (path !== p && path !== q)
            expect(readPath(merged, splitPath(path))).toEqual(readPath(document, splitPath(path)))
      }),
      { numRuns },
    )
  })

  test("of one leaf keep the later value, whole", () => {
    fc.assert(
      fc.property(documents, documents, fc.nat(3), (one, two, ahead) => {
        const [a, b] = [newDevice(0), newDevice(1)]
        b.hlc += ahead
        commit(a, [put({ v: [one] })])
        commit(b, [put({ v: [two] })])
        expect(equalValues(meeting([a, b])!, { v: [two] })).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test("who create one document offline by put share it field by field", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b", "c"), fc.nat(9)), fc.nat(9), (one, mine) => {
        const [a, b] = [newDevice(0), newDevice(1)]
        commit(a, [put({ ...one, z: 1 })])
        commit(b, [put({ y: mine })])
        expect(meeting([a, b])).toEqual({ ...one, z: 1, y: mine })
      }),
      { numRuns: 200 },
    )
  })

  test("who insert one id offline: one document wins whole", () => {
    fc.assert(
      fc.property(documents, documents, fc.nat(3), (one, two, ahead) => {
        const [a, b] = [newDevice(0), newDevice(1)]
        b.hlc += ahead
        commit(a, [{ op: "insert", text: JSON.stringify(one) }])
        commit(b, [{ op: "insert", text: JSON.stringify(two) }])
        expect(equalValues(meeting([a, b])!, two)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe("a deletion", () => {
  test("wins within a life over whatever others wrote, before or after", () => {
    fc.assert(
      fc.property(
        histories,
        fc.array(stayingEdits, { minLength: 1, maxLength: 3 }),
        fc.nat(50),
        (history, edits, ahead) => {
          const { devices } = run(history)
          const [a, b] = devices as [Device, Device]
          if (stateOf(a) === undefined || shown(stateOf(a)) === undefined) return
          learn(b, stateOf(a)!)
          learn(a, stateOf(b)!)
          if (shown(stateOf(a)) === undefined) return
          commit(a, [{ op: "delete" }])
          b.hlc += ahead
          commit(b, edits)
          expect(meeting([a, b])).toBeUndefined()
          // What is created after it is new: nothing of the old comes back with it.
          learn(b, stateOf(a)!)
          commit(b, [put({ fresh: 1 })])
          expect(meeting([a, b])).toEqual({ fresh: 1 })
        },
      ),
      { numRuns },
    )
  })

  test("with a re-creation in one commit leaves only the new document", () => {
    fc.assert(
      fc.property(documents, documents, stayingEdits, fc.boolean(), (old, now, edit, isInsert) => {
        const [a, b] = three(old)
        commit(a, [{ op: "delete" }, isInsert ? { op: "insert", text: JSON.stringify(now) } : put(now)])
        commit(b, [edit])
        expect(equalValues(meeting([a, b])!, now)).toBe(true)
      }),
      { numRuns },
    )
  })

  test("of what is not there changes nothing", () => {
    const device = newDevice(0)
    expect(commit(device, [{ op: "delete" }])).toBeUndefined()
    commit(device, [put({ a: 1 })])
    commit(device, [{ op: "delete" }])
    expect(commit(device, [{ op: "delete" }])).toBeUndefined()
  })
})

describe("a counter", () => {
  const steps = fc.array(fc.record({ device: fc.nat(2), by: fc.integer({ min: -9, max: 9 }), sync: fc.boolean() }), {
    maxLength: 12,
  })

  test.each([
    ["n", { n: "counter" }],
    ["o.n", { "o.n": "counter" }],
    ["n", {}],
  ] as const)("sums what all have added: %s %o", (path, fields) => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: -9, max: 9 }), { nil: undefined }), steps, (start, moves) => {
        const begun = start === undefined ? {} : path === "n" ? { n: start } : { o: { n: start } }
        const devices = three(begun, fields)
        for (const { device, by, sync } of moves) {
          commit(devices[device]!, [{ op: "increment", path, by }], fields)
          if (sync) learn(devices[(device + 1) % 3]!, stateOf(devices[device]!)!)
        }
        const sum = moves.reduce((total, { by }) => total + by, start ?? 0)
        const touched = start !== undefined || moves.length > 0
        expect(readPath(meeting(devices) as JsonObject, splitPath(path))).toBe(touched ? sum : undefined)
      }),
      { numRuns: 400 },
    )
  })

  test("that is put counts as moved by the difference to what the writer saw", () => {
    fc.assert(
      fc.property(
        fc.nat(9),
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: -9, max: 9 }), fc.boolean())),
        (start, writes) => {
          const fields = { n: "counter" } as const
          const devices = three({ n: start, k: 0 }, fields)
          let sum = start
          for (const [number, value, isPut] of writes) {
            const device = devices[number]!
            const seen = (shown(stateOf(device)) as { n: number }).n
            sum += isPut ? value - seen : value
            const edit: Edit = isPut ? put({ n: value, k: value }) : { op: "increment", path: "n", by: value }
            commit(device, [edit], fields)
            expect(shown(stateOf(device))).toMatchObject({ n: isPut ? value : seen + value })
          }
          expect(meeting(devices)).toMatchObject({ n: sum })
        },
      ),
      { numRuns: 400 },
    )
  })
})

describe("a set", () => {
  const element = fc.constantFrom<Json[]>(1, 2, "x", null, { $: ["n", "2"] })

  test("keeps what is added at the same time", () => {
    fc.assert(
      fc.property(
        fc.option(fc.array(element, { maxLength: 3 }), { nil: undefined }),
        fc.array(fc.tuple(fc.nat(2), element, fc.boolean()), { maxLength: 8 }),
        fc.boolean(),
        (start, adds, isDeclared) => {
          const fields = isDeclared ? ({ s: "set" } as const) : {}
          const devices = three(start === undefined ? {} : { s: start }, fields)
          for (const [number, one, isPut] of adds) {
            const device = devices[number]!
            const now = (shown(stateOf(device)) as { s?: Json[] }).s ?? []
            commit(
              device,
              [isPut && isDeclared ? put({ s: [one, ...now] }) : { op: "add", path: "s", element: one }],
              fields,
            )
          }
          const expected = new Set([...(start ?? []), ...adds.map(([, one]) => one)].map((one) => JSON.stringify(one)))
          const { s } = meeting(devices) as { s?: Json[] }
          expect(new Set((s ?? []).map((one) => JSON.stringify(one)))).toEqual(expected)
        },
      ),
      { numRuns: 500 },
    )
  })

  test("loses what one has removed and none has added again, and nothing else", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(element, { minLength: 1, comparator: equalValues }),
        fc.nat(),
        element,
        (start, pick, added) => {
          const fields = { s: "set" } as const
          const [a, b, c] = three({ s: start }, fields)
          const gone = start[pick % start.length]!
          commit(a, [{ op: "remove", path: "s", element: gone }], fields)
          commit(b, [{ op: "add", path: "s", element: added }], fields)
          const { s } = meeting([a, b, c]) as { s: Json[] }
          const expected = [...start.filter((one) => !equalValues(one, gone)), added]
          const texts = (list: readonly Json[]) => new Set(list.map((one) => JSON.stringify(one)))
          const isAddedAgain = equalValues(added, gone)
          expect(texts(s)).toEqual(texts(isAddedAgain ? start.filter((one) => !equalValues(one, gone)) : expected))
        },
      ),
      { numRuns: 300 },
    )
  })
})

function withLeaf(document: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject {
  return { ...document, [key]: rest.length === 0 ? value : withLeaf(document[key] as JsonObject, rest, value) }
}
