// A database as the bucket protocol's replica: what is cut is what was written, what is absorbed is the join of it all.
import { createMemoryDisk, type WriteOp } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { joinStates, type State } from "../../packages/core/src/crdt/cells.ts"
import { rowState } from "../../packages/core/src/crdt/row-state.ts"
import { declarations, edits } from "../laws/histories.ts"
import { canonical, newActors } from "../laws/replicas.ts"
import { absorb, begin, cut, openTab, type Pack, reincarnate, type Tab } from "./replicas.ts"

vi.setConfig({ testTimeout: 240_000 })

const collection = "c"
const put = (id: string, document: object): WriteOp => ({ op: "put", collection, id, text: JSON.stringify(document) })
const at = { collection, id: "a" }

/** A write that may be refused, as a user's may. */
async function tryWrite(tab: Tab, ops: readonly WriteOp[]): Promise<void> {
  await tab
    .write(ops)
    .catch((error: unknown) => expect(error).toMatchObject({ kind: expect.stringMatching(/conflict|invalid/) }))
}

function joinOf(packs: readonly Pack[]): Record<string, unknown> {
  const joined = new Map<string, State>()
  for (const { actors, rows } of packs) {
    const table = newActors()
    for (const actor of actors) table.indexOf(actor)
    for (const [key, row] of rows) {
      const part = rowState(row, table)
      const known = joined.get(key)
      joined.set(key, known === undefined ? part : joinStates(known, part))
    }
  }
  return Object.fromEntries([...joined].map(([key, state]) => [key, canonical(state)]))
}

const step = fc.record({
  device: fc.nat(2),
  ops: fc.array(fc.tuple(fc.constantFrom("a", "b"), edits), { minLength: 1, maxLength: 2 }),
  then: fc.constantFrom("nothing", "nothing", "cut", "absorb", "flush"),
})

test("whatever is cut and absorbed in whatever order, all rows are the join of all packs", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 14 }),
      declarations,
      fc.infiniteStream(fc.nat(1000)),
      async (steps, fields, dice) => {
        const world = new SeededWorld(1)
        const packs: Pack[] = []
        const tabs: Tab[] = []
        for (let i = 0; i < 3; i++) tabs.push(await openTab(world, createMemoryDisk(), fields))
        for (const tab of tabs) packs.push(await begin(tab))
        const roll = (max: number) => (dice.next().value ?? 0) % max
        /** What of the packs a device can take, its authors' packs in their order, some of them again. */
        const take = async (tab: Tab, isAll: boolean) => {
          const { incarnation, heads } = await tab.replica.read()
          const foreign = packs.filter(({ actor }) => actor !== incarnation?.actor)
          const wanted = foreign.filter(({ actor, lo }) => lo >= (heads[actor]?.[0] ?? 0) || roll(4) === 0)
          const taken = isAll ? wanted : wanted.slice(0, roll(wanted.length + 1))
          const authors = [...new Set(taken.map(({ actor }) => actor))]
          const lines = authors.map((author) => taken.filter(({ actor }) => actor === author))
          const mixed: Pack[] = []
          while (lines.some((line) => line.length > 0)) {
            const line = lines[roll(lines.length)]
            const next = line?.shift()
            if (next !== undefined) mixed.push(next, ...(roll(3) === 0 ? [next] : []))
          }
          while (mixed.length > 0) {
            const group = mixed.splice(0, 1 + roll(4))
            if ((await absorb(tab, group)) === "uncut") {
              packs.push(await cut(tab))
              expect(await absorb(tab, group)).toBe("done")
            }
          }
        }
        for (const { device, ops, then } of steps) {
          const tab = tabs[device] as Tab
          await tryWrite(
            tab,
            ops.map(([id, edit]) => ({ ...edit, collection, id }) as WriteOp),
          )
          if (then === "cut") packs.push(await cut(tab))
          if (then === "absorb") await take(tab, false)
          if (then === "flush") await tab.flush()
        }
        for (const tab of tabs) packs.push(await cut(tab))
        const late = await openTab(world, createMemoryDisk(), fields)
        packs.push(await begin(late))
        for (const tab of [...tabs, late, ...tabs]) await take(tab, true)
        const expected = joinOf(packs)
        for (const tab of [...tabs, late]) {
          expect(await tab.states()).toEqual(expected)
          const live = Object.keys(expected).filter((key) => (expected[key] as unknown[])[1] === null)
          expect(tab.ledger.total).toBe(live.length)
        }
      },
    ),
    { numRuns: 60 },
  )
})

/** Two devices that know each other, and what each absorbs the other's cut into. */
async function pair(fields = {}) {
  const world = new SeededWorld(2)
  const [mine, theirs] = [
    await openTab(world, createMemoryDisk(), fields),
    await openTab(world, createMemoryDisk(), fields),
  ]
  const first = [await begin(mine), await begin(theirs)] as const
  await absorb(mine, [first[1]])
  await absorb(theirs, [first[0]])
  return { world, mine, theirs }
}

test("two fields edited apart both survive, and one edited twice is a conflict that both devices tell alike", async () => {
  const { mine, theirs } = await pair()
  await mine.write([put("a", { x: 1, y: 1, z: 1 })])
  await absorb(theirs, [await cut(mine)])
  await mine.write([
    {
      op: "patch",
      ...at,
      entries: [
        ["x", 2],
        ["z", 2],
      ],
    },
  ])
  await theirs.write([
    {
      op: "patch",
      ...at,
      entries: [
        ["y", 3],
        ["z", 3],
      ],
    },
  ])
  const [ours, others] = [await cut(mine), await cut(theirs)]
  await absorb(mine, [others])
  await absorb(theirs, [ours])
  expect(await mine.document("c", "a")).toEqual({ x: 2, y: 3, z: 3 })
  expect(await theirs.document("c", "a")).toEqual({ x: 2, y: 3, z: 3 })
  expect(mine.conflicts).toMatchObject([{ collection, id: "a", path: "z" }])
  expect(mine.conflicts[0]?.winner.endsWith(others.actor)).toBe(true)
  expect(theirs.conflicts).toEqual(mine.conflicts)
  await absorb(mine, [others])
  expect(mine.conflicts).toHaveLength(1)
})

test("a write that an absorption would beat has to be cut first; one beside it has not", async () => {
  const { mine, theirs } = await pair()
  await mine.write([put("a", { x: 1 }), put("b", { x: 1 })])
  await absorb(theirs, [await cut(mine)])
  await mine.write([{ op: "patch", ...at, entries: [["x", 2]] }])
  await theirs.write([{ op: "patch", collection, id: "b", entries: [["x", 3]] }])
  const beside = await cut(theirs)
  expect(await absorb(mine, [beside])).toBe("done")
  await theirs.write([{ op: "patch", ...at, entries: [["x", 4]] }])
  const above = await cut(theirs)
  expect(await absorb(mine, [above])).toBe("uncut")
  expect(await mine.document("c", "a")).toEqual({ x: 2 })
  const own = await cut(mine)
  expect(own.rows).toHaveLength(1)
  expect(await absorb(mine, [above])).toBe("done")
  expect(await mine.document("c", "a")).toEqual({ x: 4 })
})

test("a cut finds what was flushed, gives it once, and reads no segment when nothing was written", async () => {
  const { mine } = await pair()
  await mine.write([put("a", { x: 1 })])
  await mine.flush()
  await mine.write([put("b", { x: 1 })])
  expect((await cut(mine)).rows).toHaveLength(2)
  expect((await cut(mine)).rows).toEqual([])
  await mine.write([put("b", { x: 2 })])
  expect((await cut(mine)).rows).toHaveLength(1)
  await mine.write([put("c", { x: 1, y: 1 })])
  await cut(mine)
  await mine.write([{ op: "patch", collection, id: "c", entries: [["y", 2]] }])
  const { actors, rows } = await cut(mine)
  const table = newActors()
  for (const actor of actors) table.indexOf(actor)
  expect(rows.map(([, part]) => [...rowState(part, table).cells.keys()])).toEqual([["y"]])
  const { heads, incarnation, outbox } = await mine.replica.read()
  expect(outbox.map(({ hi }) => hi).at(-1)).toBe(heads[incarnation?.actor ?? ""]?.[0])
  expect(outbox.slice(1).map(({ lo }) => lo)).toEqual(outbox.slice(0, -1).map(({ hi }) => hi))
})

test("of two tabs that decided on the same revision the second one is outrun, and the first one's work stands", async () => {
  const world = new SeededWorld(3)
  const disk = createMemoryDisk()
  const [one, other] = [await openTab(world, disk), await openTab(world, disk)]
  await begin(one)
  const { revision } = await one.replica.read()
  expect((await other.replica.read()).revision).toBe(revision)
  expect(await one.replica.remember(revision, { notes: { bucket: { seen: 1 } } })).toBe("done")
  expect(await other.replica.remember(revision, { notes: { bucket: { seen: 2 } } })).toBe("outrun")
  expect(await other.replica.absorb(revision, { steps: [], heads: {} })).toBe("outrun")
  const state = await other.replica.read()
  expect(state.notes).toEqual({ bucket: { seen: 1 } })
  await other.write([put("a", { x: 1 })])
  expect((await one.replica.read()).hasUncut).toBe(true)
  expect((await cut(one)).rows).toHaveLength(1)
  expect((await other.replica.read()).hasUncut).toBe(false)
})

test("what is delivered leaves the outbox, and its bytes with it; a large pack comes back whole", async () => {
  const { mine } = await pair()
  await mine.write([put("a", { text: "x".repeat(900_000) }), put("b", { text: "y".repeat(900_000) })])
  await cut(mine)
  const { outbox, revision } = await mine.replica.read()
  const content = new TextDecoder().decode(await mine.replica.contentOf(outbox.at(-1) ?? { actor: "", lo: 0 }))
  expect(content).toContain("x".repeat(900_000))
  expect(content).toContain("y".repeat(900_000))
  await mine.replica.remember(revision, { delivered: outbox.slice(0, -1), memory: { n: 1 } })
  const after = await mine.replica.read()
  expect(after.outbox.map(({ lo }) => lo)).toEqual(outbox.slice(-1).map(({ lo }) => lo))
  expect(after.memory).toEqual({ n: 1 })
  expect(await mine.replica.contentOf(outbox[0] ?? { actor: "", lo: 0 })).toBeUndefined()
})

test("a database that was never synced is bound without a row being written anew, and is cut whole", async () => {
  const tab = await openTab(new SeededWorld(4), createMemoryDisk(), { n: "counter" })
  await tab.write([put("a", { n: 5, x: 1 })])
  await tab.write([{ op: "increment", ...at, path: "n", by: 2 }])
  const row = await tab.row("c", "a")
  const registration = await begin(tab)
  expect(registration.rows).toEqual([])
  expect(await tab.row("c", "a")).toBe(row)
  const pack = await cut(tab)
  expect(pack.rows).toHaveLength(1)
  const late = await openTab(new SeededWorld(5), createMemoryDisk(), { n: "counter" })
  await begin(late)
  await absorb(late, [registration, pack])
  expect(await late.document("c", "a")).toEqual({ n: 7, x: 1 })
  await late.write([{ op: "increment", ...at, path: "n", by: 1 }])
  await absorb(tab, [await cut(late)])
  expect(await tab.document("c", "a")).toEqual({ n: 8, x: 1 })
})

test("who comes to others with writes of its own has nothing void in a scan, and makes them again after the rest", async () => {
  const { mine, theirs } = await pair()
  await mine.write([put("a", { x: 1, y: 1 })])
  const early = await openTab(new SeededWorld(6))
  await early.write([put("a", { y: 9, z: 9 }), put("b", {})])
  await early.write([{ op: "delete", collection, id: "b" }])
  await mine.write([{ op: "patch", ...at, entries: [["y", 2]] }])
  await reincarnate(early)
  const registration = await cut(early)
  expect(registration.rows).toEqual([])
  const seen = await early.replica.read()
  expect(seen.hasVoid).toBe(true)
  expect(await early.replica.scan(seen.revision)).toBeUndefined()
  await absorb(early, [await cut(mine)])
  const { revision } = await early.replica.read()
  expect(await early.replica.reissue(revision)).toBe("done")
  const again = await cut(early)
  await absorb(theirs, [registration, again])
  await absorb(mine, [registration, again])
  // Beaten before it was made again: y. Not known to the others: z, and the end of b.
  expect(await mine.document("c", "a")).toEqual({ x: 1, y: 2, z: 9 })
  expect(await early.states()).toEqual(await mine.states())
})

test("after doubt, what was sent stays the old actor's and what was not is made again once, additions too", async () => {
  const { mine, theirs } = await pair({ n: "counter", s: "set" })
  await mine.write([put("a", { n: 5, s: ["x"], t: 1 })])
  await mine.write([{ op: "increment", ...at, path: "n", by: 2 }])
  await absorb(theirs, [await cut(mine)])
  await mine.write([{ op: "increment", ...at, path: "n", by: 10 }])
  await mine.write([{ op: "add", ...at, path: "s", element: "y" }])
  await theirs.write([{ op: "increment", ...at, path: "n", by: 100 }])
  await theirs.write([{ op: "patch", ...at, entries: [["t", 2]] }])
  const { incarnation } = await mine.replica.read()
  await reincarnate(mine, true)
  const registration = await cut(mine)
  await absorb(mine, [await cut(theirs)])
  const { revision, hasVoid, heads } = await mine.replica.read()
  expect(hasVoid).toBe(true)
  expect(heads[incarnation?.actor ?? ""]).toBeDefined()
  await mine.replica.reissue(revision)
  const again = await cut(mine)
  expect(again.rows).toHaveLength(1)
  await absorb(theirs, [registration, again])
  expect(await theirs.document("c", "a")).toEqual({ n: 117, s: ["x", "y"], t: 2 })
  expect(await mine.states()).toEqual(await theirs.states())
})

test("where it is not known any more what was sent of a counter by then, what others have of it ends", async () => {
  const { mine, theirs } = await pair({ n: "counter" })
  await mine.write([put("a", { n: 5 })])
  const sent = await cut(mine)
  await absorb(theirs, [sent])
  const { heads, incarnation } = await mine.replica.read()
  const keep = heads[incarnation?.actor ?? ""]
  // The bucket has these and loses them, before anybody reads them; this device has let go of what it would need to go back.
  for (let i = 0; i < 3; i++) {
    await mine.write([{ op: "increment", ...at, path: "n", by: 1 }])
    await cut(mine)
    const { outbox, revision } = await mine.replica.read()
    await mine.replica.remember(revision, { delivered: outbox })
  }
  const { revision } = await mine.replica.read()
  await mine.replica.reincarnate(revision, { actor: "e".repeat(16), secret: new Uint8Array(32) }, keep)
  const registration = await cut(mine)
  await absorb(mine, [await cut(theirs)])
  await mine.replica.reissue((await mine.replica.read()).revision)
  await absorb(theirs, [registration, await cut(mine)])
  expect(await theirs.document("c", "a")).toEqual({ n: 8 })
  expect(await mine.states()).toEqual(await theirs.states())
})

test("a counter that was put over since it was sent goes on from what was put", async () => {
  const { mine, theirs } = await pair({ n: "counter" })
  await mine.write([put("a", { n: 5 })])
  await absorb(theirs, [await cut(mine)])
  await mine.write([{ op: "patch", ...at, entries: [["n", "none"]] }])
  await mine.write([{ op: "patch", ...at, entries: [["n", undefined]] }])
  await mine.write([{ op: "increment", ...at, path: "n", by: 2 }])
  const before = await mine.document("c", "a")
  await reincarnate(mine, true)
  const registration = await cut(mine)
  await absorb(mine, [await cut(theirs)])
  await mine.replica.reissue((await mine.replica.read()).revision)
  await absorb(theirs, [registration, await cut(mine)])
  expect(await theirs.document("c", "a")).toEqual(before)
  expect(await mine.states()).toEqual(await theirs.states())
})

test("what a base knows of and lacks goes, and what it has comes, by ranges", async () => {
  const { mine, theirs } = await pair()
  await mine.write([put("a", { x: 1 }), put("b", { x: 1 })])
  const pack = await cut(mine)
  await absorb(theirs, [pack])
  await theirs.write([put("d", { x: 1 })])
  const { revision, heads } = await mine.replica.read()
  const told = Object.fromEntries(Object.entries(heads).map(([actor, [hlc]]) => [actor, hlc]))
  const state = await theirs.replica.read()
  const known = Object.fromEntries(Object.entries(state.heads).map(([actor, [hlc]]) => [actor, hlc]))
  const rows = pack.rows.filter(([key]) => key.endsWith("a"))
  const range = { from: "\u0001", to: "\u0002" }
  const base = { kind: "base" as const, actors: pack.actors, rows, range, known, told }
  expect(await theirs.replica.absorb(state.revision, { steps: [base], heads: {} })).toBe("done")
  expect(await theirs.document("c", "a")).toEqual({ x: 1 })
  expect(await theirs.document("c", "b")).toBeUndefined()
  expect(await theirs.document("c", "d")).toEqual({ x: 1 })
  expect(theirs.ledger.total).toBe(2)
  const pages = []
  for await (const page of (await mine.replica.scan(revision)) ?? []) pages.push(...page.rows)
  expect(pages.map(([key]) => key.slice(-1))).toEqual(["a", "b"])
})
