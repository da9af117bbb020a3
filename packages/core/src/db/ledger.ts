/**
 * What the database knows beside its rows: clock, actors, counts. Owns: the ledger and the notes that carry it.
 * Invariant: the ledger is a fold of the manifest's note and of the notes of all later log records, in order; engines of
 * many tabs over one store therefore agree on every actor index and count.
 * A note that moves the clock and does not say who wrote is that of a commit of this device.
 * Must not know rows or storage.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { ActorTable } from "../crdt/row.ts"
import { type DerivedNote, DerivedTable } from "./derived-table.ts"

/** The note of one log record: the clock after it, actors it introduced, and by how much live documents changed. */
export interface LogNote {
  readonly hlc: number
  readonly actors: readonly ActorId[]
  readonly counts: Readonly<Record<string, number>>
  /** The actor of this device from here on, where it changes. */
  readonly self?: ActorId
  /** The clock of the newest commit of this device, where it is not the one above. */
  readonly wrote?: number
  /** Actors of the table that were given another id: a device that was bound to no key yet, and now is. */
  readonly renamed?: readonly (readonly [index: number, actor: ActorId])[]
  /** What it changes of what is derived from documents (derived-table.ts). */
  readonly derived?: Json
  /** Whether the storage was wiped, and what was in it is not back yet; where it changes. */
  readonly isRecovering?: boolean
}

/** Clock, actor table and live document counts of one database, as of the last commit applied. */
export class Ledger implements ActorTable {
  #hlc = 0
  #actors: ActorId[] = []
  #indexes = new Map<ActorId, number>()
  #counts = new Map<string, number>()
  /** How many of the actors are in a durable note; later ones go into the next record. */
  #noted = 0
  #self: ActorId | undefined
  #wrote = 0
  #derived = new DerivedTable()
  #isRecovering = false

  /** Begins again from a manifest's note, as `toNote` gave it; null for a database without any flush. */
  reset(note: Json): void {
    this.#hlc = 0
    this.#actors = []
    this.#indexes = new Map()
    this.#counts = new Map()
    this.#noted = 0
    this.#self = undefined
    this.#wrote = 0
    this.#derived = new DerivedTable()
    this.#isRecovering = false
    if (note !== null) this.absorb(note)
  }

  /** Adds the note of the next log record; gives whether it changes what is derived, or how far that is built. */
  absorb(note: Json): boolean {
    const { hlc, actors, counts, self, wrote, renamed = [], isRecovering, derived } = readNote(note)
    if (isRecovering !== undefined) this.#isRecovering = isRecovering
    this.#wrote = Math.max(this.#wrote, wrote ?? (hlc > this.#hlc ? hlc : 0))
    if (hlc > this.#hlc) this.#hlc = hlc
    if (self !== undefined) this.#self = self
    if (renamed.length > 0 || actors.length + this.#actors.length > this.#noted) {
      this.#actors = [...this.#actors.slice(0, this.#noted), ...actors]
      for (const [index, actor] of renamed) this.#actors[index] = actor
      this.#indexes = new Map(this.#actors.map((actor, index) => [actor, index]))
      this.#noted = this.#actors.length
    }
    for (const [collection, count] of Object.entries(counts))
      this.#counts.set(collection, (this.#counts.get(collection) ?? 0) + count)
    return this.#derived.absorb(derived)
  }

  /** What is derived from documents. */
  get derived(): DerivedTable {
    return this.#derived
  }

  /** The clock of the newest commit. */
  get hlc(): number {
    return this.#hlc
  }

  /** The actor of this device's incarnation in force; undefined before its first commit. */
  get self(): ActorId | undefined {
    return this.#self
  }

  /** The clock of the newest commit of this device; 0 before its first one. */
  get wrote(): number {
    return this.#wrote
  }

  /** Whether the storage was wiped, and what was in it is not back yet. */
  get isRecovering(): boolean {
    return this.#isRecovering
  }

  /** The actors that rows can name, in the order of their numbers. */
  get actors(): readonly ActorId[] {
    return this.#actors.slice(0, this.#noted)
  }

  /** Live documents of a collection. */
  count(collection: string): number {
    return this.#counts.get(collection) ?? 0
  }

  /** Live documents of all collections. */
  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  indexOf(actor: ActorId): number {
    let index = this.#indexes.get(actor)
    if (index === undefined) {
      index = this.#actors.push(actor) - 1
      this.#indexes.set(actor, index)
    }
    return index
  }

  actorAt(index: number): ActorId {
    const actor = this.#actors[index]
    if (actor === undefined)
      throw new FixpointError("BLOCK_CORRUPT", "A row names an actor that no record introduced.", {
        details: { actor: index },
      })
    return actor
  }

  /** The note of the next log record. */
  nextNote(hlc: number, self: ActorId, counts: ReadonlyMap<string, number>, derived?: DerivedNote): JsonObject {
    const changed = Object.fromEntries([...counts].filter(([, count]) => count !== 0))
    const note = { hlc, actors: this.#actors.slice(this.#noted), counts: changed }
    return {
      ...note,
      ...(self !== this.#self && { self }),
      ...(derived !== undefined && { derived: derived as JsonObject }),
    }
  }

  /** The whole ledger, for a manifest. */
  toNote(): JsonObject {
    const note = {
      hlc: this.#hlc,
      actors: [...this.actors],
      counts: Object.fromEntries(this.#counts),
      ...(this.#wrote !== this.#hlc && { wrote: this.#wrote }),
      ...(this.#isRecovering && { isRecovering: true }),
    }
    const derived = this.#derived.toNote()
    return { ...note, ...(this.#self !== undefined && { self: this.#self }), ...(derived && { derived }) }
  }
}

function readNote(note: Json): LogNote {
  const { hlc, actors, counts, ...more } = (note ?? {}) as Partial<LogNote>
  if (typeof hlc === "number" && Array.isArray(actors) && typeof counts === "object")
    return { hlc, actors, counts, ...more }
  throw new FixpointError("LOG_CORRUPT", "A log record or manifest has no readable note.")
}
