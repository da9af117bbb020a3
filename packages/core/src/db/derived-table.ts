/**
 * What is derived from documents: indexes, and the entries of plug-ins. Owns: which derivations a database has, how far each
 * is built, and what it tallies; and the notes that carry all that.
 * Invariant: a fold of notes, like the ledger that it is a part of, so that every tab maintains the same derivations whatever
 * it has declared itself. A number is never given to another derivation: entries of a number that is not here are garbage.
 * Must not know what a derivation does.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import type { Key } from "../codec/key.ts"

/** What is derived from the documents of a collection, and by what. */
export interface Definition {
  /** Name and version of the plug-in that knows what to make of it. */
  readonly by: string
  readonly of: string
  readonly what: Json
}

/** A derivation of the database. */
export interface Derived {
  readonly id: number
  readonly definition: Definition
  /** It has the entries of documents whose row keys are not above this one; all, where it is undefined. */
  readonly built: Key | undefined
  readonly tallies: Readonly<Record<string, number>>
}

/** What one record changes of a derivation; null takes it away. */
export interface DerivedStep {
  /** A new derivation. */
  readonly add?: Definition
  /** How far it is built from here on: null for all of it. */
  readonly built?: Key | null
  /** By how much its tallies change. */
  readonly tally?: Readonly<Record<string, number>>
}

/** What one record changes, by the numbers of derivations. */
export type DerivedNote = Readonly<Record<string, DerivedStep | null>>

/** The derivations of one database. */
export class DerivedTable {
  #all = new Map<number, Derived>()
  #next = 1
  #version = 0

  /** Those of a collection; all without one. */
  list(collection?: string): Derived[] {
    const all = [...this.#all.values()]
    return collection === undefined ? all : all.filter(({ definition }) => definition.of === collection)
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  get(id: number): Derived | undefined {
    return this.#all.get(id)
  }

  /** Moves when a derivation comes or goes, or is built further. */
  get version(): number {
    return this.#version
  }

  /** The number of the next derivation. */
  get next(): number {
    return this.#next
  }

  /** Whether entries of this number are of no use to anybody, ever again. */
  isGone(id: number): boolean {
    return id < this.#next && !this.#all.has(id)
  }

  /** Adds what a note says; gives whether anything but tallies has changed. */
  absorb(note: Json | undefined): boolean {
    if (note === undefined) return false
    const { next, ...steps } = readNote(note)
    let isChanged = false
    if (next > this.#next) this.#next = next
    for (const [key, step] of Object.entries(steps) as [string, DerivedStep | null][]) {
      isChanged ||= step === null || step.add !== undefined || step.built !== undefined
      this.#take(Number(key), step)
    }
    if (isChanged) this.#version++
    return isChanged
  }

  /** All of it, for a manifest; undefined where there was never anything. */
  toNote(): JsonObject | undefined {
    if (this.#next === 1) return undefined
    const steps = [...this.#all.values()].map(({ id, definition, built, tallies }) => {
      const step = { add: { ...definition }, built: built ?? null, tally: { ...tallies } }
      return [String(id), step] as const
    })
    return { next: this.#next, ...Object.fromEntries(steps) }
  }

  #take(id: number, step: DerivedStep | null): void {
    const known = this.#all.get(id)
    const definition = step?.add ?? known?.definition
    if (step === null || definition === undefined) return void this.#all.delete(id)
    const tallies = { ...known?.tallies }
    for (const [name, by] of Object.entries(step.tally ?? {})) tallies[name] = (tallies[name] ?? 0) + by
    const built = step.built === undefined ? known?.built : (step.built ?? undefined)
    this.#all.set(id, { id, definition, built, tallies })
    if (id >= this.#next) this.#next = id + 1
  }
}

function readNote(note: Json): { readonly next: number } & DerivedNote {
  if (typeof note === "object" && note !== null && !Array.isArray(note))
    return { next: 1, ...(note as JsonObject) } as never
  throw new FixpointError("LOG_CORRUPT", "A note of derivations is not of the form it must have.")
}
