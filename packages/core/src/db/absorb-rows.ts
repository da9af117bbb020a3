/**
 * What remote steps do to rows. Owns: the rows of one absorption, step after step, and what of them is told as a conflict.
 * Invariant: a row that no step changes, and that met nothing new, is not given, and the result is that of the states (crdt/absorb.ts), whichever
 * short way was taken. Foreign rows have been checked where they were decoded; here they are brought into normal form.
 * Must not know storage, tabs or buckets.
 */
import type { Conflict } from "../api/conflict.ts"
import { invariant } from "../base/errors.ts"
import { type ActorId, compareStamps, formatStamp, type Stamp } from "../clock/stamp.ts"
import { covers } from "../clock/version-vector.ts"
import { collectionOfRowKey, idOfRowKey, type Key } from "../codec/key.ts"
import { type Acquaintance, absorbBase, absorbPart, absorbSpan } from "../crdt/absorb.ts"
import { adoptRow, isPlainRow } from "../crdt/adopt.ts"
import { compareLives, normalise, type State } from "../crdt/cells.ts"
import { eachStamp } from "../crdt/delta.ts"
import { type HasSeen, rivalries } from "../crdt/rivals.ts"
import { type ActorTable, newestOf } from "../crdt/row.ts"
import { rowState, stateRow } from "../crdt/row-state.ts"
import { isSameState } from "../crdt/same-state.ts"
import type { AbsorbStep } from "../sync/replica.ts"
import type { ChangedRow } from "./record.ts"
import { type Ended, inPublishedLife } from "./shared-past.ts"

/** What an absorption works with. */
export interface AbsorbParts {
  readonly actors: ActorTable
  readonly self: ActorId
  /** The actor that this device was, while it says again what it had not sent. */
  readonly ended?: Ended | undefined
  /** Whether a stamp is of a write of this device that no cut has, and that must be cut before it is beaten. */
  isUncut(stamp: Stamp): boolean
  /** The rows as they are stored, of all keys of the steps and of their ranges. */
  readonly rows: ReadonlyMap<Key, string | undefined>
}

/** What an absorption comes to. */
export interface Absorbed {
  /** Rows that change, and those that met what was older; an empty one is removed. */
  readonly rows: readonly ChangedRow[]
  readonly conflicts: readonly Conflict[]
  /** Where documents that were here met what others wrote, in order. */
  readonly meetings: ReadonlyMap<Key, readonly Met[]>
  /** Where documents that are here, or what gave way of them, came with a run or a base. */
  readonly gathered: ReadonlyMap<Key, Gathered>
  /** The greatest clock that was met. */
  readonly hlc: number
  /** A write that no cut has would be beaten, or would meet one that had not seen it. */
  readonly beatsUncut: boolean
}

/** A local state, and an incoming part with something new; `hasSeen` tells which writes the writer of the part had seen, `isKnown` those known here. */
export interface Met {
  readonly local: State
  readonly part: State
  readonly hasSeen: HasSeen
  readonly isKnown: HasSeen
}

/** A document and what came of it with a run or a base; one step of an absorption has a document once. */
export interface Gathered {
  readonly local: State | undefined
  readonly there: State | undefined
  readonly isWhole: boolean
  /** What is lost there, as it came. */
  readonly theirs: string | undefined
  readonly isKnown: HasSeen
  readonly isTold: HasSeen
}

/** So many conflicts of one absorption are told. */
const conflictsMax = 1000

/** Works out what steps make of rows. */
export function absorbRows(steps: readonly AbsorbStep[], parts: AbsorbParts): Absorbed {
  return new Absorbing(parts).take(steps)
}

class Absorbing {
  readonly #parts: AbsorbParts
  readonly #now = new Map<Key, string>()
  readonly #met = new Map<Key, string[]>()
  readonly #conflicts: Conflict[] = []
  readonly #meetings = new Map<Key, Met[]>()
  readonly #gathered = new Map<Key, Gathered>()
  #hlc = 0
  #beatsUncut = false

  constructor(parts: AbsorbParts) {
    this.#parts = parts
  }

  take(steps: readonly AbsorbStep[]): Absorbed {
    for (const step of steps) this.#step(step)
    const { rows } = this.#parts
    const changed: ChangedRow[] = []
    for (const [key, after] of this.#now) {
      const [before, met] = [rows.get(key), this.#met.get(key)]
      if (after !== (before ?? "") || met !== undefined)
        changed.push({ key, collection: collectionOfRowKey(key), id: idOfRowKey(key), before, after, met })
    }
    const [conflicts, meetings, gathered] = [this.#conflicts, this.#meetings, this.#gathered]
    return { rows: changed, conflicts, meetings, gathered, hlc: this.#hlc, beatsUncut: this.#beatsUncut }
  }

  #step(step: AbsorbStep): void {
    const { self, actors, rows } = this.#parts
    const table = tableOf(step.actors)
    const sides: Acquaintance = {
      known: (stamp) => stamp.actor === self || covers(step.known, stamp),
      told: (stamp) => covers(step.told, stamp),
    }
    const met = new Set<Key>()
    const losses = new Map(step.losses)
    const of = { isWhole: step.kind === "base", isKnown: sides.known, isTold: sides.told }
    for (const [key, row] of step.rows) {
      met.add(key)
      const local = this.#rowOf(key)
      if (step.kind !== "pack" && (local !== "" || losses.has(key)))
        this.#gather(key, { ...of, there: normalState(rowState(row, table)), theirs: losses.get(key) })
      const short = local === "" ? this.#adopted(row, table, sides) : undefined
      if (short !== undefined) this.#now.set(key, short)
      else this.#join(key, normalState(rowState(row, table)), step.kind, sides)
    }
    for (const [key, theirs] of losses) if (!met.has(key)) this.#gather(key, { ...of, there: undefined, theirs })
    const { range } = step
    if (step.kind !== "base" || range === undefined) return
    for (const key of rows.keys())
      if (key >= range.from && key < range.to && !met.has(key)) {
        const local = this.#rowOf(key)
        if (local === "") continue
        const state = rowState(local, actors)
        this.#put(key, local, { before: state, after: absorbBase(state, undefined, sides) })
      }
  }

  /** The row of a document that is new here, as it came, under this database's numbers of actors. */
  #adopted(row: string, table: ActorTable, { known }: Acquaintance): string | undefined {
    if (!isPlainRow(row)) return undefined
    const [hlc, actor] = newestOf(row)
    if (known({ hlc, actor: table.actorAt(actor) })) return undefined
    this.#hlc = Math.max(this.#hlc, hlc)
    return adoptRow(row, table, this.#parts.actors)
  }

  #join(key: Key, part: State, kind: AbsorbStep["kind"], sides: Acquaintance): void {
    eachStamp(part, ({ hlc }) => {
      this.#hlc = Math.max(this.#hlc, hlc)
    })
    const local = this.#rowOf(key)
    const { self, actors, ended } = this.#parts
    const before = local === "" ? undefined : rowState(local, actors)
    const own = before && ended ? inPublishedLife(before, part, self, ended) : before
    if (kind === "pack" && own !== undefined) this.#tell(key, own, part, sides)
    const join = kind === "pack" ? absorbPart : kind === "run" ? absorbSpan : absorbBase
    const after = join(own, part, sides)
    const lost = lostOf(part, after, sides)
    if (lost !== undefined) this.#meet(key, stateRow(lost, actors))
    this.#put(key, local, { before, after })
  }

  #gather(key: Key, gathered: Omit<Gathered, "local">): void {
    const local = this.#rowOf(key)
    this.#gathered.set(key, { ...gathered, local: local === "" ? undefined : rowState(local, this.#parts.actors) })
  }

  #meet(key: Key, row: string): void {
    const met = this.#met.get(key)
    if (met === undefined) this.#met.set(key, [row])
    else met.push(row)
  }

  #put(key: Key, local: string, { before, after }: { before: State | undefined; after: State | undefined }): void {
    if (before === after || (before !== undefined && after !== undefined && isSameState(before, after))) {
      this.#now.set(key, local)
      return
    }
    if (before !== undefined && !this.#keepsUncut(before, after)) this.#beatsUncut = true
    const between = this.#now.get(key)
    if (between) this.#meet(key, between)
    this.#now.set(key, after === undefined ? "" : stateRow(after, this.#parts.actors))
  }

  #keepsUncut(before: State, after: State | undefined): boolean {
    const { isUncut } = this.#parts
    if (before.dead !== undefined && isUncut(before.dead)) return after?.dead?.hlc === before.dead.hlc
    for (const [key, { stamp }] of before.cells) {
      if (!isUncut(stamp)) continue
      const kept = after?.cells.get(key)?.stamp
      if (kept?.hlc !== stamp.hlc || kept.actor !== stamp.actor) return false
    }
    return true
  }

  #tell(key: Key, local: State, part: State, { known, told }: Acquaintance): void {
    let isNew = false
    eachStamp(part, (stamp) => {
      if (!known(stamp)) isNew = true
    })
    if (!isNew) return
    this.#meetings.set(key, [...(this.#meetings.get(key) ?? []), { local, part, hasSeen: told, isKnown: known }])
    const { isUncut } = this.#parts
    for (const { path, winner, loser } of rivalries(local, part, told)) {
      // What is cut later would say that it had seen the other.
      if (isUncut(winner) || isUncut(loser)) this.#beatsUncut = true
      if (this.#conflicts.length >= conflictsMax) return
      const [won, lost] = [formatStamp(winner), formatStamp(loser)]
      this.#conflicts.push({
        collection: collectionOfRowKey(key),
        id: idOfRowKey(key),
        path,
        winner: won,
        loser: lost,
      })
    }
  }

  #rowOf(key: Key): string {
    return this.#now.get(key) ?? this.#parts.rows.get(key) ?? ""
  }
}

/** What of an incoming part is news and lost at once: others had written over it, or ended its life, before it came. */
function lostOf({ life, dead, cells }: State, after: State | undefined, { known }: Acquaintance): State | undefined {
  const isHere = after !== undefined && compareLives(life, after.life) === 0
  if (dead !== undefined) {
    // A later death hides this one, but not what was between the two.
    const isKept = isHere && after.dead !== undefined && compareStamps(after.dead, dead) === 0
    return isKept || known(dead) ? undefined : { life, dead, cells }
  }
  const lost = [...cells].filter(([key, { stamp, value }]) => {
    const kept = isHere ? after.cells.get(key) : undefined
    // A register with fields below it keeps its stamp alone.
    const isKept =
      kept !== undefined &&
      compareStamps(kept.stamp, stamp) === 0 &&
      (kept.value === undefined) === (value === undefined)
    return !isKept && !known(stamp)
  })
  return lost.length === 0 ? undefined : { life, cells: new Map(lost) }
}

/** A table of actors that came with rows: it takes no more. */
function tableOf(list: readonly ActorId[]): ActorTable {
  return {
    indexOf: (actor) => list.indexOf(actor),
    actorAt(index) {
      const actor = list[index]
      invariant(actor !== undefined, "a row's actors are in the table that came with it")
      return actor
    },
  }
}

function normalState(state: State): State {
  return state.dead === undefined ? { life: state.life, cells: normalise(state.cells) } : state
}
