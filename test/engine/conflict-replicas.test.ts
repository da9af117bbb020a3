// What replicas keep of concurrent writes against a model that knows every write and what its writer had seen: a loser is a write that
// nobody overwrote who had seen it, beside the one that stands. The same before and after flush, merge and another opening.
import { createMemoryDisk, type JsonObject, type MemoryDisk, type WriteOp } from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { formatStamp, parseStamp, type Stamp } from "../../packages/core/src/clock/stamp.ts"
import { absorb, begin, cut, gather, openTab, type Pack, type Tab } from "./replicas.ts"

vi.setConfig({ testTimeout: 600_000 })

const ids = ["a", "b"] as const
const paths = ["x", "y"] as const
type Id = (typeof ids)[number]
type Path = (typeof paths)[number]

/** A write of one field, or of the whole document: its beginning in a new life, or its end. */
interface Written {
  readonly n: number
  readonly id: Id
  readonly life: string
  readonly stamp: string
  readonly what: "field" | "begin" | "end"
  readonly path: Path | ""
  readonly value: number | undefined
  readonly seen: ReadonlySet<Written>
}

interface Device {
  tab: Tab
  readonly disk: MemoryDisk
  readonly knows: Set<Written>
  actor: string
}

const newest = (writes: readonly Written[]): Written | undefined =>
  writes.reduce<Written | undefined>((a, b) => (a === undefined || b.stamp > a.stamp ? b : a), undefined)
const byTime = (a: Written, b: Written): number =>
  a.stamp === b.stamp ? (a.path < b.path ? -1 : 1) : a.stamp < b.stamp ? 1 : -1
/** The shared life comes before all others. */
const shared = ""

/** What a device knows of a document, by the model. */
function modelOf(knows: ReadonlySet<Written>, id: Id) {
  const own = [...knows].filter((one) => one.id === id)
  const life = own.map((one) => one.life).reduce((a, b) => (a > b ? a : b), shared)
  const ofLife = own.filter((one) => one.life === life)
  const deaths = ofLife.filter(({ what }) => what === "end")
  const isThere = own.length > 0 && deaths.length === 0
  const at = (path: Path) => ofLife.filter((one) => one.what === "field" && one.path === path)
  const losersAt = (path: Path): Written[] => {
    const writes = at(path)
    const standing = writes.filter((one) => !writes.some((other) => other.seen.has(one)))
    const winner = newest(standing)
    return standing.filter((one) => one !== winner && one.value !== winner?.value)
  }
  const shown = Object.fromEntries(
    paths.flatMap((path) => {
      const value = newest(at(path))?.value
      return value === undefined ? [] : [[path, value]]
    }),
  ) as Partial<Record<Path, number>>
  const registers = isThere
    ? paths.flatMap((path) => losersAt(path).map((loser) => ({ loser, winner: newest(at(path)) })))
    : []
  const lives = new Set(own.map((one) => one.life))
  const documents = [...lives].flatMap((one) => {
    if (one === life && isThere) return []
    const enders = own.filter((by) => (by.what === "end" && by.life >= one) || (by.what === "begin" && by.life > one))
    const lost = own.filter(
      (edit) => edit.life === one && edit.what === "field" && !enders.some((by) => by.seen.has(edit)),
    )
    return lost.length === 0 ? [] : [newest(lost) as Written]
  })
  return { life, isThere, isKnown: own.length > 0, shown, registers, documents, deaths, at }
}

type Deed =
  | "set"
  | "unset"
  | "delete"
  | "insert"
  | "put"
  | "cut"
  | "absorb"
  | "base"
  | "run"
  | "flush"
  | "compact"
  | "reopen"

const deeds: Readonly<Record<Deed, number>> = {
  set: 7,
  unset: 1,
  delete: 1,
  insert: 1,
  put: 2,
  cut: 2,
  absorb: 9,
  base: 2,
  run: 2,
  flush: 1,
  compact: 1,
  reopen: 1,
}

const step = fc.record({
  device: fc.nat(2),
  id: fc.constantFrom(...ids),
  path: fc.constantFrom<Path[]>("x", "x", "y"),
  /** Whether what is written is cut at once. */
  isSent: fc.boolean(),
  deed: fc.oneof(
    ...(Object.entries(deeds) as [Deed, number][]).map(([deed, weight]) => ({ weight, arbitrary: fc.constant(deed) })),
  ),
})

test("replicas list the concurrent losers that a model of all writes names, and each with its value", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 12, maxLength: 30 }),
      fc.infiniteStream(fc.nat(1000)),
      async (steps, dice) => {
        const world = new SeededWorld(1)
        const packs: { readonly pack: Pack; readonly writes: readonly Written[] }[] = []
        const all: Written[] = []
        const devices: Device[] = []
        for (let i = 0; i < 3; i++) {
          const disk = createMemoryDisk()
          const tab = await openTab(world, disk)
          const registration = await begin(tab)
          devices.push({ tab, disk, knows: new Set(), actor: registration.actor })
          packs.push({ pack: registration, writes: [] })
        }
        const roll = (max: number) => (dice.next().value ?? 0) % max
        const cutOf = async (device: Device) => {
          const pack = await cut(device.tab)
          const own = all.filter(({ stamp }) => {
            const { hlc, actor } = parseStamp(stamp) as Stamp
            return actor === pack.actor && hlc > pack.lo && hlc <= pack.hi
          })
          packs.push({ pack, writes: own })
        }
        const take = async (device: Device) => {
          const { incarnation, heads } = await device.tab.replica.read()
          const wanted = packs.filter(
            ({ pack: { actor, lo } }) => actor !== incarnation?.actor && lo >= (heads[actor]?.[0] ?? 0),
          )
          const group = wanted.slice(0, 1 + roll(wanted.length * 2))
          const bare = group.map(({ pack }) => pack)
          if ((await absorb(device.tab, bare)) === "uncut") {
            await cutOf(device)
            expect(await absorb(device.tab, bare)).toBe("done")
          }
          for (const { writes } of group) for (const one of writes) device.knows.add(one)
        }
        /** Takes in the whole state of another device, or what of it is newer, instead of the packs. */
        const takeState = async (device: Device, kind: "base" | "run") => {
          const from = devices[roll(devices.length)] as Device
          if (from === device) return
          await cutOf(from)
          await cutOf(device)
          await gather(from.tab, device.tab, kind)
          for (const one of from.knows) device.knows.add(one)
        }
        const write = async (
          device: Device,
          { id, path, deed }: { readonly id: Id; readonly path: Path; readonly deed: Deed },
        ) => {
          await world.advance(1)
          const before = modelOf(device.knows, id)
          const n = all.length + 1
          const isPatch = deed === "set" || deed === "unset"
          const wanted: Partial<Record<Path, number>> = isPatch ? { ...before.shown } : { x: n, y: n }
          if (isPatch) {
            if (!before.isThere) return
            // Two that take the same field away at once agree, which is no conflict: only one of them does.
            if (deed === "unset" && device === devices[0]) delete wanted[path]
            else wanted[path] = n
          }
          if ((deed === "insert" && before.isThere) || (deed === "delete" && !before.isThere)) return
          const op: WriteOp =
            deed === "delete"
              ? { op: "delete", collection: "c", id }
              : isPatch
                ? { op: "patch", collection: "c", id, entries: [[path, wanted[path]]] }
                : { op: deed === "insert" ? "insert" : "put", collection: "c", id, text: JSON.stringify(wanted) }
          await device.tab.write([op])
          const stamp = formatStamp({ hlc: device.tab.ledger.hlc, actor: device.tab.writer.self })
          const seen = new Set(device.knows)
          const isNew = deed === "insert" || (deed === "put" && !before.isThere && before.isKnown)
          const life = isNew ? stamp : before.life
          const made: Written[] = []
          const make = (what: Written["what"], path: Written["path"], value?: number) =>
            void made.push({ n: all.length + made.length, id, life, stamp, what, path, value, seen })
          if (deed === "delete") make("end", "")
          else {
            if (isNew) make("begin", "")
            const shown = isNew || !before.isThere ? {} : before.shown
            for (const at of paths) if ((shown as JsonObject)[at] !== wanted[at]) make("field", at, wanted[at])
          }
          for (const one of made) {
            all.push(one)
            device.knows.add(one)
          }
        }
        const verify = async ({ tab, knows }: Device) => {
          for (const id of ids) {
            const model = modelOf(knows, id)
            const told = await tab.lost(id)
            const document = (await tab.document("c", id)) as JsonObject | undefined
            expect(document).toEqual(model.isThere ? model.shown : undefined)
            const registers = told.filter(({ isDocument }) => !isDocument)
            expect(
              registers.map(({ path, winner, loser, authors }) => [
                path,
                winner,
                loser,
                authors.winner.stamp,
                authors.loser.stamp,
              ]),
            ).toEqual(
              model.registers
                .toSorted((a, b) => byTime(a.loser, b.loser))
                .map(({ winner, loser }) => [loser.path, winner?.value, loser.value, winner?.stamp, loser.stamp]),
            )
            const documents = told.filter(({ isDocument }) => isDocument)
            expect(documents.map(({ authors }) => authors.loser.stamp)).toEqual(
              model.documents.map(({ stamp }) => stamp).toSorted((a, b) => (a < b ? 1 : -1)),
            )
            documents.forEach(({ loser, winner }, i) => {
              const edit = model.documents.find(({ stamp }) => stamp === documents[i]?.authors.loser.stamp)
              expect(winner).toEqual(document)
              if (edit?.path !== undefined) expect((loser as JsonObject)[edit.path]).toBe(edit.value)
            })
          }
        }
        const [first, ...others] = devices as [Device, Device, Device]
        for (const id of ids) await write(first, { id, path: "x", deed: "put" })
        await cutOf(first)
        for (const device of others) while ((await device.tab.row("c", "b")) === undefined) await take(device)
        for (const one of steps) {
          const device = devices[one.device] as Device
          if (one.deed === "cut") await cutOf(device)
          else if (one.deed === "absorb") await take(device)
          else if (one.deed === "base" || one.deed === "run") await takeState(device, one.deed)
          else if (one.deed === "flush") await device.tab.flush()
          else if (one.deed === "compact") await device.tab.flush().then(() => device.tab.compact())
          else if (one.deed === "reopen") device.tab = await openTab(world, device.disk)
          else {
            await write(device, one)
            if (one.isSent) await cutOf(device)
          }
          await verify(device)
        }
        const disk = createMemoryDisk()
        const tab = await openTab(world, disk)
        const late: Device = { tab, disk, knows: new Set(), actor: (await begin(tab)).actor }
        devices.push(late)
        await cutOf(first)
        await gather(first.tab, late.tab, "base")
        for (const one of first.knows) late.knows.add(one)
        for (const device of devices) {
          await verify(device)
          await device.tab.flush()
          await device.tab.compact()
          device.tab = await openTab(world, device.disk)
          await verify(device)
        }
      },
    ),
    { numRuns: 40 },
  )
})
