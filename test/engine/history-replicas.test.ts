// History of replicas against a model: at every moment a document is the join of all writes that have reached this replica by
// then, each as old as its stamp; whatever was cut, absorbed, flushed, merged and reopened meanwhile.
import { createMemoryDisk, type HistoryStep, type JsonObject, type MemoryDisk, type WriteOp } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { compareStamps, formatStamp, type Stamp } from "../../packages/core/src/clock/stamp.ts"
import { rowKey } from "../../packages/core/src/codec/key.ts"
import { compareLives, joinStates, type State } from "../../packages/core/src/crdt/cells.ts"
import { changesBetween } from "../../packages/core/src/crdt/changes.ts"
import { eachStamp } from "../../packages/core/src/crdt/delta.ts"
import { rowState } from "../../packages/core/src/crdt/row-state.ts"
import { viewState } from "../../packages/core/src/crdt/view.ts"
import { declarations, edits } from "../laws/histories.ts"
import { newActors } from "../laws/replicas.ts"
import { absorb, begin, cut, openTab, type Pack, type Tab } from "./replicas.ts"

vi.setConfig({ testTimeout: 240_000 })

const collection = "c"
const ids = ["a", "a\0b"]

/** What is left of a state when writes after a moment are taken away. */
function upTo({ life, dead, cells }: State, moment: Stamp): State | undefined {
  const isPast = (stamp: Stamp) => compareStamps(stamp, moment) <= 0
  if (life !== 0 && !isPast(life)) return undefined
  // A life that came with its death has begun by then, and hides earlier ones; nobody here knows what was in it.
  if (dead !== undefined && !isPast(dead)) return life === 0 ? undefined : { life, cells: new Map() }
  if (dead !== undefined) return { life, dead, cells: new Map() }
  const past = new Map([...cells].filter(([, { stamp }]) => isPast(stamp)))
  return past.size === 0 && life === 0 ? undefined : { life, cells: past }
}

/** A device, and every state that it has seen of each document. */
interface Device {
  tab: Tab
  readonly disk: MemoryDisk
  readonly known: Map<string, State[]>
}

function documentAt(known: readonly State[], moment: Stamp): JsonObject | undefined {
  const states = known.flatMap((state) => upTo(state, moment) ?? [])
  const joined = states.reduce<State | undefined>((a, b) => (a === undefined ? b : joinStates(a, b)), undefined)
  return joined === undefined || joined.cells.size === 0 ? undefined : viewState(joined)?.document
}

/** Whether a stamp ended a life of which nothing else is known. */
function isBareEnd(known: readonly State[], stamp: Stamp): boolean {
  const at = (moment: Stamp) => {
    const states = known.flatMap((state) => upTo(state, moment) ?? [])
    const joined = states.reduce<State | undefined>((a, b) => (a === undefined ? b : joinStates(a, b)), undefined)
    const ofLife = states.filter(({ life }) => joined !== undefined && compareLives(life, joined.life) === 0)
    return { joined, isBare: ofLife.every(({ cells }) => cells.size === 0) }
  }
  const [now, before] = [at(stamp), at({ ...stamp, actor: "" })]
  if (now.joined?.dead === undefined || !now.isBare) return false
  const wasOver = before.joined?.dead !== undefined && compareLives(before.joined.life, now.joined.life) === 0
  return !wasOver
}

function stampsOf(known: readonly State[]): Stamp[] {
  const stamps = new Map<string, Stamp>()
  for (const state of known) eachStamp(state, (stamp) => stamps.set(formatStamp(stamp), stamp))
  return [...stamps.values()].sort(compareStamps)
}

const plain = (document: unknown): unknown =>
  document === undefined ? undefined : JSON.parse(JSON.stringify(document))
const parsed = (text: unknown): unknown => (text === undefined ? undefined : JSON.parse(text as string))

async function expectPast({ tab, known }: Device, id: string): Promise<void> {
  const states = known.get(id) ?? []
  const stamps = stampsOf(states)
  const steps: unknown[] = []
  let before: JsonObject | undefined
  for (const stamp of stamps) {
    const after = documentAt(states, stamp)
    expect(parsed(await tab.past("asOf", collection, id, formatStamp(stamp)))).toEqual(plain(after))
    const changed = changesBetween(before ?? {}, after ?? {}).changes.length
    if (changed > 0 || (before === undefined) !== (after === undefined) || isBareEnd(states, stamp))
      steps.push({ stamp: formatStamp(stamp), actor: stamp.actor, exists: after !== undefined, changed })
    before = after
  }
  const history = (await tab.past("history", collection, id)) as HistoryStep[]
  const told = history.map(({ stamp, actor, exists, changes }) => ({ stamp, actor, exists, changed: changes.length }))
  expect(told).toEqual(steps.toReversed())
  const query = { collection, filter: { kind: "and", filters: [] }, order: [], limit: undefined }
  for (const stamp of stamps.filter((_, i) => i % 3 === 0)) {
    const found = (await tab.past("query", query, formatStamp(stamp))) as { documents: { id: string; text: string }[] }
    const expected = ids.flatMap((one) => {
      const document = documentAt(known.get(one) ?? [], stamp)
      return document === undefined ? [] : [{ _id: one, ...(plain(document) as object) }]
    })
    expect(found.documents.map(({ id: _id, text }) => ({ _id, ...JSON.parse(text) }))).toEqual(expected)
  }
}

function note({ known }: Device, id: string, state: State): void {
  known.set(id, [...(known.get(id) ?? []), state])
}

const step = fc.record({
  device: fc.nat(2),
  ops: fc.array(fc.tuple(fc.constantFrom(...ids), edits), { minLength: 1, maxLength: 2 }),
  then: fc.constantFrom("nothing", "nothing", "cut", "absorb", "absorb", "flush", "compact", "reopen"),
})

test("the past of replicas is the join of what reached each, at every stamp", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 16 }),
      declarations,
      fc.infiniteStream(fc.nat(1000)),
      async (steps, fields, dice) => {
        const world = new SeededWorld(1)
        const packs: Pack[] = []
        const open = (disk: MemoryDisk) => openTab(world, disk, fields, true)
        const devices: Device[] = []
        for (let i = 0; i < 3; i++) {
          const disk = createMemoryDisk()
          devices.push({ tab: await open(disk), disk, known: new Map() })
        }
        for (const { tab } of devices) packs.push(await begin(tab))
        const roll = (max: number) => (dice.next().value ?? 0) % max
        const take = async (device: Device) => {
          const { tab } = device
          const { incarnation, heads } = await tab.replica.read()
          const wanted = packs.filter(({ actor, lo }) => actor !== incarnation?.actor && lo >= (heads[actor]?.[0] ?? 0))
          const group = wanted.slice(0, roll(wanted.length + 1))
          if ((await absorb(tab, group)) === "uncut") {
            packs.push(await cut(tab))
            expect(await absorb(tab, group)).toBe("done")
          }
          for (const { actors, rows } of group) {
            const table = newActors()
            for (const actor of actors) table.indexOf(actor)
            for (const [key, row] of rows)
              for (const id of ids) if (rowKey(collection, id) === key) note(device, id, rowState(row, table))
          }
        }
        for (const { device: index, ops, then } of steps) {
          const device = devices[index] as Device
          // Writers whose clocks are equal to the tick are taken for one writer under two names.
          await world.advance(1)
          const all = ops.map(([id, edit]): WriteOp => ({ collection, id, ...edit }) as WriteOp)
          await device.tab
            .write(all)
            .catch((error: unknown) => expect(error).toMatchObject({ kind: expect.stringMatching(/conflict|invalid/) }))
          for (const id of ids) {
            const row = await device.tab.row(collection, id)
            if (row !== undefined && row !== "") note(device, id, rowState(row, device.tab.ledger))
          }
          if (then === "cut") packs.push(await cut(device.tab))
          if (then === "absorb") await take(device)
          if (then === "flush") await device.tab.flush()
          if (then === "compact") await device.tab.flush().then(() => device.tab.compact())
          if (then === "reopen") device.tab = await open(device.disk)
        }
        for (const device of devices) for (const id of ids) await expectPast(device, id)
      },
    ),
    { numRuns: 60 },
  )
})

test("a death that came late is in the past, though a later one was here before it", async () => {
  const world = new SeededWorld(1)
  const open = () => openTab(world, createMemoryDisk(), {}, true)
  const [here, there] = [await open(), await open()]
  for (const tab of [here, there]) await begin(tab)
  const del: WriteOp = { op: "delete", collection, id: "a" }
  await world.advance(1)
  await there.write([{ op: "put", collection, id: "a", text: '{"n":1}' }])
  expect(await absorb(here, [await cut(there)])).toBe("done")
  await world.advance(1)
  await there.write([del])
  const death = rowState((await there.row(collection, "a")) as string, there.ledger).dead as Stamp
  await world.advance(1)
  await here.write([del])
  const late = await cut(there)
  if ((await absorb(here, [late])) === "uncut") {
    await cut(here)
    await absorb(here, [late])
  }
  expect(await here.past("asOf", collection, "a", formatStamp(death))).toBeUndefined()
  const before = { ...death, hlc: death.hlc - 1 }
  expect(parsed(await here.past("asOf", collection, "a", formatStamp(before)))).toEqual({ n: 1 })
})

test("a document that is known only by its end has that one step", async () => {
  const world = new SeededWorld(3)
  const [here, there] = [
    await openTab(world, createMemoryDisk(), {}, true),
    await openTab(world, createMemoryDisk(), {}, true),
  ]
  const [, registration] = [await begin(here), await begin(there)]
  await there.write([{ op: "put", collection, id: "a", text: '{"x":1}' }])
  await there.write([{ op: "delete", collection, id: "a" }])
  await absorb(here, [registration, await cut(there)])
  const { dead } = rowState((await there.row(collection, "a")) as string, there.ledger)
  const stamp = formatStamp(dead as Stamp)
  expect(await here.past("history", collection, "a")).toMatchObject([{ stamp, exists: false, changes: [] }])
  expect(await here.past("history", collection, "b")).toEqual([])
})
