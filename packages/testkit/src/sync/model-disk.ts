/**
 * What a model replica keeps: documents as states, and the protocol's state. Owns: its form, its copies, and the writes of a user.
 * Invariant: a copy shares nothing that changes, so that a disk can be kept, put back and cloned. A write gets a stamp greater
 * than all that the disk has seen. Must not know the protocol.
 */
import {
  cellKey,
  type Cell,
  type Heads,
  type Incarnation,
  joinStates,
  type OutgoingPack,
  type Stamp,
  type State,
} from "@fixpoint/core/sync"
import type { Json, JsonObject } from "@fixpoint/core"

/** An outgoing pack, and what it is. */
export interface ModelPack extends OutgoingPack {
  readonly content: Uint8Array<ArrayBuffer>
}

/** The disk of a device. */
export interface ModelDisk {
  rows: Map<string, State>
  incarnation: Incarnation | undefined
  /** The actor of commits before there is an incarnation. */
  local: string
  hlc: number
  /** The clock of the newest own commit. */
  lastCommit: number
  revision: number
  heads: Heads
  hasVoid: boolean
  outbox: readonly ModelPack[]
  memory: JsonObject | undefined
  notes: Readonly<Record<string, JsonObject>>
  /** By counter, the own totals and when they were reached: what a void part is counted from. */
  totals: Map<string, readonly (readonly [hlc: number, total: number])[]>
}

/** A disk with nothing on it. */
export function newDisk(local: string): ModelDisk {
  return {
    rows: new Map(),
    incarnation: undefined,
    local,
    hlc: 0,
    lastCommit: 0,
    revision: 0,
    heads: {},
    hasVoid: false,
    outbox: [],
    memory: undefined,
    notes: {},
    totals: new Map(),
  }
}

/** A copy: states, packs and notes are never changed, only replaced. */
export function copyDisk(disk: ModelDisk): ModelDisk {
  return { ...disk, rows: new Map(disk.rows), totals: new Map(disk.totals) }
}

/** The actor of the next commit. */
export const actorOfDisk = ({ incarnation, local }: ModelDisk): string => incarnation?.actor ?? local

/** The next stamp, at wall time as a clock. */
export function tick(disk: ModelDisk, nowHlc: number): Stamp {
  disk.hlc = Math.max(disk.hlc + 1, nowHlc)
  return { hlc: disk.hlc, actor: actorOfDisk(disk) }
}

/** A write of a user. */
export type UserWrite =
  | { readonly op: "put" | "insert"; readonly key: string; readonly field: string; readonly value: Json }
  | { readonly op: "set"; readonly key: string; readonly field: string; readonly value: Json | undefined }
  | { readonly op: "add"; readonly key: string; readonly field: string; readonly by: number }
  | { readonly op: "delete"; readonly key: string }

/** Commits a write, if it makes sense on what is there. */
export function commit(disk: ModelDisk, write: UserWrite, nowHlc: number): void {
  const before = disk.rows.get(write.key)
  const isAlive = before !== undefined && before.dead === undefined
  const isBirth = write.op === "put" || write.op === "insert"
  if (isBirth === isAlive && !(write.op === "put" && isAlive)) return
  const stamp = tick(disk, nowHlc)
  disk.lastCommit = stamp.hlc
  disk.rows.set(write.key, written(disk, before, write, stamp))
}

function written(disk: ModelDisk, before: State | undefined, write: UserWrite, stamp: Stamp): State {
  switch (write.op) {
    case "delete":
      return { life: before?.life ?? 0, dead: stamp, cells: new Map() }
    case "add": {
      const state = before as State
      const key = cellKey(write.field, "c", stamp.actor)
      const total = ((state.cells.get(key)?.value as number | undefined) ?? 0) + write.by
      noteTotal(disk, totalName(write.key, state, key), [stamp.hlc, total])
      return withCell(state, key, { stamp, value: total })
    }
    case "set":
      return withCell(before as State, write.field, valued(stamp, write.value))
    default: {
      // A name that was never used, or is forgotten, begins in the life that devices share; after a death a life of its own.
      const isShared = write.op === "put" && before === undefined
      const base: State =
        before !== undefined && before.dead === undefined ? before : { life: isShared ? 0 : stamp, cells: new Map() }
      return withCell(base, write.field, valued(stamp, write.value))
    }
  }
}

/** The name of a counter's own part, life by life. */
export function totalName(key: string, { life }: State, cell: string): string {
  return `${key}\n${life === 0 ? 0 : `${life.hlc}-${life.actor}`}\n${cell}`
}

function noteTotal(disk: ModelDisk, name: string, total: readonly [number, number]): void {
  disk.totals.set(name, [...(disk.totals.get(name) ?? []), total])
}

const valued = (stamp: Stamp, value: Json | undefined): Cell => (value === undefined ? { stamp } : { stamp, value })

function withCell(state: State, key: string, cell: Cell): State {
  return joinStates(state, { life: state.life, cells: new Map([[key, cell]]) })
}
