/**
 * Devices that write one document offline and meet now and then. Owns: how a history is run.
 * Each device has its own actor table, so that no law holds by the luck of equal indexes. All writes go through `editRow`.
 * Invariant: a run is a function of the history alone.
 */
import { isFixpointError } from "../../packages/core/src/base/errors.ts"
import type { Json } from "../../packages/core/src/base/json.ts"
import { compareStamps, formatStamp, type Stamp } from "../../packages/core/src/clock/stamp.ts"
import { joinStates, type State } from "../../packages/core/src/crdt/cells.ts"
import type { MergeType } from "../../packages/core/src/crdt/edit-target.ts"
import type { ActorTable } from "../../packages/core/src/crdt/row.ts"
import { editRow } from "../../packages/core/src/crdt/row-edit.ts"
import { rowState, stateRow } from "../../packages/core/src/crdt/row-state.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { viewState } from "../../packages/core/src/crdt/view.ts"

/** Declared merge types of fields. */
export type Fields = Readonly<Record<string, MergeType>>

/** One thing that happens: a device writes, or one device learns what another knows. */
export type Event =
  | { readonly kind: "commit"; readonly device: number; readonly edits: readonly Edit[]; readonly fields: Fields }
  | { readonly kind: "sync"; readonly from: number; readonly to: number }

/** A write that was stored: the state around it, and what of it would be sent to others. */
export interface Commit {
  readonly device: number
  readonly stamp: Stamp
  readonly edits: readonly Edit[]
  readonly fields: Fields
  readonly before: State | undefined
  readonly after: State
  readonly rows: readonly [before: string | undefined, after: string]
  readonly delta: State
}

/** A device: its row of the document, and its clock. */
export interface Device {
  readonly actors: ActorTable
  readonly actor: string
  hlc: number
  row: string | undefined
}

/** What a history leaves: the devices, and every stored write. */
export interface Run {
  readonly devices: readonly Device[]
  readonly commits: readonly Commit[]
}

/** An actor table of its own. */
export function newActors(): ActorTable {
  const actors: string[] = []
  return {
    indexOf(actor) {
      const known = actors.indexOf(actor)
      return known >= 0 ? known : actors.push(actor) - 1
    },
    actorAt(index) {
      const actor = actors[index]
      if (actor === undefined) throw new RangeError(`no actor ${index}`)
      return actor
    },
  }
}

/** A device that knows nothing yet. */
export function newDevice(number: number): Device {
  const device = { actors: newActors(), actor: String(number).repeat(16), hlc: 100, row: undefined }
  // Every device counts its actors from another start.
  for (let i = 0; i < number; i++) device.actors.indexOf("v".repeat(15) + i)
  return device
}

/** What a device knows. */
export function stateOf({ row, actors }: Device): State | undefined {
  return row === undefined ? undefined : rowState(row, actors)
}

/** One commit of a device; undefined when it was refused or changed nothing. */
export function commit(
  device: Device,
  edits: readonly Edit[],
  fields: Fields = {},
): Omit<Commit, "device"> | undefined {
  const stamp = { hlc: device.hlc + 1, actor: device.actor }
  const { actors, row: old } = device
  const before = stateOf(device)
  let row = old
  try {
    for (const edit of edits) row = editRow(row, edit, { stamp, actors, fields }) || undefined
  } catch (error) {
    if (isFixpointError(error, "NOT_FOUND") || isFixpointError(error, "ALREADY_EXISTS")) return undefined
    throw error
  }
  if (row === old || row === undefined) return undefined
  device.hlc++
  device.row = row
  const after = rowState(row, actors)
  return { stamp, edits, fields, before, after, rows: [old, row], delta: writtenBy(after, stamp) }
}

/** What one device learns from another. */
export function learn(device: Device, known: State): void {
  const own = stateOf(device)
  device.row = stateRow(own === undefined ? known : joinStates(own, known), device.actors)
  const seen = [
    known.life === 0 ? undefined : known.life,
    known.dead,
    ...[...known.cells.values()].map(({ stamp }) => stamp),
  ]
  for (const stamp of seen) if (stamp !== undefined) device.hlc = Math.max(device.hlc, stamp.hlc)
}

/** Runs a history. */
export function run(history: readonly Event[], deviceCount = 3): Run {
  const devices = Array.from({ length: deviceCount }, (_, number) => newDevice(number))
  const commits: Commit[] = []
  for (const event of history) {
    if (event.kind === "commit") {
      const done = commit(devices[event.device] as Device, event.edits, event.fields)
      if (done !== undefined) commits.push({ device: event.device, ...done })
    } else {
      const known = stateOf(devices[event.from] as Device)
      if (known !== undefined) learn(devices[event.to] as Device, known)
    }
  }
  return { devices, commits }
}

/** The cells of a state that carry a stamp: what a commit wrote. */
function writtenBy({ life, dead, cells }: State, stamp: Stamp): State {
  const own = [...cells].filter(([, cell]) => compareStamps(cell.stamp, stamp) === 0)
  return dead === undefined ? { life, cells: new Map(own) } : { life, dead, cells: new Map() }
}

/** The one join of states, in the order given. */
export function joinAll(states: readonly State[]): State {
  return states.reduce(joinStates)
}

/** A state as plain JSON that is equal for equal states. */
export function canonical({ life, dead, cells }: State): Json {
  const own = [...cells].map(([key, { stamp, value }]) => [
    key,
    formatStamp(stamp),
    value === undefined ? [] : [sorted(value)],
  ])
  return [
    life === 0 ? 0 : formatStamp(life),
    dead === undefined ? null : formatStamp(dead),
    own.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)) as Json,
  ]
}

/** A value with the keys of its objects in order. */
function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return (value as Json[]).map(sorted)
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What a state shows. */
export function shown(state: State | undefined): Json | undefined {
  return state === undefined ? undefined : viewState(state)?.document
}
