/**
 * A replica over plain states in memory. Owns: the Replica seam at its simplest, to run the protocol without an engine.
 * Invariant: each verb is one change of the disk, or none; after the process has ended every call fails.
 * Must not know gateways.
 */
import {
  absorbBase,
  absorbPart,
  absorbSpan,
  type AbsorbStep,
  type Absorption,
  cellKey,
  type Cell,
  covers,
  type EncodeCut,
  type Head,
  type Incarnation,
  type PackedRows,
  type ProtocolChange,
  type Replica,
  type ReplicaOutcome,
  type ReplicaState,
  rowState,
  splitCellKey,
  type Stamp,
  type State,
  stateRow,
} from "@fixpoint/core/sync"
import { FixpointError } from "@fixpoint/core/errors"
import { actorOfDisk, type ModelDisk, type ModelPack, tick, totalName } from "./model-disk.ts"

/** What a model replica stands on. */
export interface ModelPlace {
  /** The disk now; a failure when the process of this replica has ended. */
  disk(): ModelDisk
  nowHlc(): number
  /** Makes everything so far survive a power cut. */
  barrier(): void
}

/** The replica of a place. */
export function modelReplica(place: ModelPlace): Replica {
  return new ModelReplica(place)
}

class ModelReplica implements Replica {
  readonly #place: ModelPlace

  constructor(place: ModelPlace) {
    this.#place = place
  }

  async read(): Promise<ReplicaState> {
    const { revision, incarnation, heads, hasVoid, outbox, memory, notes, lastCommit } = this.#place.disk()
    const hasUncut = lastCommit > (incarnation === undefined ? 0 : (heads[incarnation.actor]?.[0] ?? 0))
    return { revision, incarnation, heads, hasUncut, hasVoid, outbox, memory, notes }
  }

  async contentOf(pack: Pick<ModelPack, "actor" | "lo">): Promise<ModelPack["content"] | undefined> {
    return this.#place.disk().outbox.find(({ actor, lo }) => actor === pack.actor && lo === pack.lo)?.content
  }

  async cut(revision: number, encode: EncodeCut): Promise<ReplicaOutcome> {
    const before = this.#place.disk()
    const actor = actorOfDisk(before)
    const lo = before.heads[actor]?.[0] ?? 0
    const table = newTable()
    const { hlc: hi } = tick(before, this.#place.nowHlc())
    const rows = before.hasVoid ? [] : packed(before.rows, table, (state) => ownPart(state, actor, lo))
    const { content, hash } = await encode({ actors: table.list, rows, lo, hi, heads: before.heads })
    const disk = this.#place.disk()
    if (disk !== before || disk.revision !== revision || disk.hlc !== hi) return "outrun"
    disk.outbox = [...disk.outbox, { actor, lo, hi, hash, content }]
    disk.heads = { ...disk.heads, [actor]: [hi, hash] }
    disk.revision++
    return "done"
  }

  async absorb(revision: number, absorption: Absorption): Promise<ReplicaOutcome | "uncut"> {
    const disk = this.#place.disk()
    if (disk.revision !== revision) return "outrun"
    const rows = new Map(disk.rows)
    const self = actorOfDisk(disk)
    const uncutAfter = disk.hasVoid ? Number.POSITIVE_INFINITY : (disk.heads[self]?.[0] ?? 0)
    for (const step of absorption.steps) if (!absorbStep(rows, step, { actor: self, uncutAfter })) return "uncut"
    disk.rows = rows
    disk.heads = { ...disk.heads, ...absorption.heads }
    for (const [hlc] of Object.values(absorption.heads)) disk.hlc = Math.max(disk.hlc, hlc)
    for (const { actors, rows: told } of absorption.steps)
      for (const [, row] of told)
        eachStamp(rowState(row, tableOf(actors)), ({ hlc }) => (disk.hlc = Math.max(disk.hlc, hlc)))
    remember(disk, absorption)
    disk.revision++
    return "done"
  }

  async remember(revision: number, change: ProtocolChange): Promise<ReplicaOutcome> {
    const disk = this.#place.disk()
    if (disk.revision !== revision) return "outrun"
    remember(disk, change)
    disk.revision++
    return "done"
  }

  async reincarnate(revision: number, next: Incarnation, keep: Head | undefined): Promise<ReplicaOutcome> {
    const disk = this.#place.disk()
    if (disk.revision !== revision) return "outrun"
    const old = disk.incarnation?.actor
    const after = old === undefined ? -1 : (keep?.[0] ?? 0)
    const isVoid = ({ hlc, actor }: Stamp): boolean => (old === undefined || actor === old) && hlc > after
    for (const [key, state] of disk.rows) disk.rows.set(key, voided(disk, key, state, { isVoid, after, next }))
    disk.outbox = disk.outbox.filter(({ actor, hi }) => actor !== old || hi <= after)
    const { [old ?? ""]: _, ...heads } = disk.heads
    disk.heads = old === undefined || keep === undefined ? heads : { ...heads, [old]: keep }
    disk.incarnation = next
    disk.hasVoid = true
    disk.revision++
    return "done"
  }

  async reissue(revision: number): Promise<ReplicaOutcome> {
    const disk = this.#place.disk()
    if (disk.revision !== revision) return "outrun"
    const self = actorOfDisk(disk)
    const olds = new Set<number>()
    for (const state of disk.rows.values()) eachStamp(state, ({ hlc, actor }) => void (actor === self && olds.add(hlc)))
    const news = new Map([...olds].sort((a, b) => a - b).map((hlc) => [hlc, tick(disk, this.#place.nowHlc())]))
    const restamp = (stamp: Stamp): Stamp => (stamp.actor === self ? (news.get(stamp.hlc) ?? stamp) : stamp)
    disk.totals = new Map()
    for (const [key, state] of disk.rows) {
      const next = mapStamps(state, restamp)
      disk.rows.set(key, next)
      for (const [cell, { stamp, value }] of next.cells)
        if (splitCellKey(cell).kind === "c" && splitCellKey(cell).rest === self)
          disk.totals.set(totalName(key, next, cell), [[stamp.hlc, value as number]])
    }
    if (news.size > 0) disk.lastCommit = disk.hlc
    disk.hasVoid = false
    disk.revision++
    return "done"
  }

  async scan(revision: number): Promise<AsyncIterable<PackedRows> | undefined> {
    const disk = this.#place.disk()
    const { hasUncut, hasVoid } = await this.read()
    if (disk.revision !== revision || hasUncut || hasVoid) return undefined
    const table = newTable()
    const rows = packed(disk.rows, table, (state) => state)
    return (async function* () {
      yield { actors: table.list, rows }
    })()
  }

  async barrier(): Promise<void> {
    this.#place.disk()
    this.#place.barrier()
  }
}

function remember(disk: ModelDisk, { memory, notes, delivered }: ProtocolChange): void {
  if (memory !== undefined) disk.memory = memory
  if (notes !== undefined)
    disk.notes = Object.fromEntries(
      Object.entries({ ...disk.notes, ...notes }).flatMap(([name, note]) => (note === null ? [] : [[name, note]])),
    )
  if (delivered !== undefined)
    disk.outbox = disk.outbox.filter(
      (pack) => !delivered.some(({ actor, lo }) => actor === pack.actor && lo === pack.lo),
    )
}

/** Takes one step in; false when it would beat an own write that no cut has. */
function absorbStep(
  rows: Map<string, State>,
  { kind, actors, rows: told, range, known, told: toldVector }: AbsorbStep,
  self: { readonly actor: string; readonly uncutAfter: number },
): boolean {
  const table = tableOf(actors)
  const incoming = new Map(told.map(([key, row]) => [key, rowState(row, table)]))
  const sides = {
    known: (stamp: Stamp) => stamp.actor === self.actor || covers(known, stamp),
    told: (stamp: Stamp) => covers(toldVector, stamp),
  }
  const inRange = range === undefined ? [] : [...rows.keys()].filter((key) => key >= range.from && key < range.to)
  for (const key of new Set([...incoming.keys(), ...inRange])) {
    const local = rows.get(key)
    const part = incoming.get(key)
    const next =
      kind === "base"
        ? absorbBase(local, part, sides)
        : part && (kind === "pack" ? absorbPart : absorbSpan)(local, part, sides)
    if (local !== undefined && losesUncut(local, next, self)) return false
    if (next === undefined) rows.delete(key)
    else rows.set(key, next)
  }
  return true
}

function losesUncut(local: State, next: State | undefined, self: { actor: string; uncutAfter: number }): boolean {
  const isUncut = ({ hlc, actor }: Stamp): boolean => actor === self.actor && hlc > self.uncutAfter
  const left = new Set<number>()
  if (next !== undefined) eachStamp(next, (stamp) => void (isUncut(stamp) && left.add(stamp.hlc)))
  let loses = false
  eachStamp(local, (stamp) => void (isUncut(stamp) && !left.has(stamp.hlc) && (loses = true)))
  return loses
}

/** What an actor wrote of a state after a clock. */
function ownPart({ life, dead, cells }: State, actor: string, after: number): State | undefined {
  const isOwn = (stamp: Stamp): boolean => stamp.actor === actor && stamp.hlc > after
  if (dead !== undefined) return isOwn(dead) ? { life, dead, cells: new Map() } : undefined
  const own = new Map([...cells].filter(([, { stamp }]) => isOwn(stamp)))
  return own.size === 0 ? undefined : { life, cells: own }
}

interface Voiding {
  readonly isVoid: (stamp: Stamp) => boolean
  readonly after: number
  readonly next: Incarnation
}

/** A state whose void writes are those of another actor; of a counter, what was added. */
function voided(disk: ModelDisk, key: string, state: State, { isVoid, after, next }: Voiding): State {
  const cells = new Map<string, Cell>()
  for (const [cell, { stamp, value }] of state.cells) {
    const { path, kind, rest } = splitCellKey(cell)
    if (kind !== "c" || !isVoid(stamp) || rest !== stamp.actor) {
      cells.set(cell, { stamp, ...(value !== undefined && { value }) })
      continue
    }
    const kept = (disk.totals.get(totalName(key, state, cell)) ?? []).filter(([hlc]) => hlc <= after).at(-1)
    if (kept !== undefined) cells.set(cell, { stamp: { hlc: kept[0], actor: rest }, value: kept[1] })
    const added = cellKey(path, "c", next.actor)
    const before = (cells.get(added)?.value as number | undefined) ?? 0
    cells.set(added, { stamp, value: before + (value as number) - (kept?.[1] ?? 0) })
  }
  const move = (stamp: Stamp): Stamp => (isVoid(stamp) ? { hlc: stamp.hlc, actor: next.actor } : stamp)
  return mapStamps({ ...state, cells }, move)
}

function mapStamps({ life, dead, cells }: State, map: (stamp: Stamp) => Stamp): State {
  return {
    life: life === 0 ? 0 : map(life),
    ...(dead !== undefined && { dead: map(dead) }),
    cells: new Map([...cells].map(([key, cell]) => [key, { ...cell, stamp: map(cell.stamp) }])),
  }
}

function eachStamp({ life, dead, cells }: State, visit: (stamp: Stamp) => void): void {
  if (life !== 0) visit(life)
  if (dead !== undefined) visit(dead)
  for (const { stamp } of cells.values()) visit(stamp)
}

function packed(
  rows: ReadonlyMap<string, State>,
  table: ReturnType<typeof newTable>,
  part: (state: State) => State | undefined,
): PackedRows["rows"] {
  return [...rows.keys()].sort().flatMap((key) => {
    const state = part(rows.get(key) as State)
    return state === undefined ? [] : [[key, stateRow(state, table)] as const]
  })
}

function newTable() {
  const list: string[] = []
  return {
    list,
    actorAt: (index: number) => list[index] as string,
    indexOf: (actor: string) => (list.includes(actor) ? list.indexOf(actor) : list.push(actor) - 1),
  }
}

function tableOf(actors: readonly string[]) {
  return {
    indexOf: (actor: string) => actors.indexOf(actor),
    actorAt(index: number): string {
      const actor = actors[index]
      if (actor === undefined) throw new FixpointError("BLOCK_CORRUPT")
      return actor
    },
  }
}
