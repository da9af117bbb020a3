/**
 * Everything that was ever published, and what a bucket must make of it. Owns: the oracle of the simulation.
 * The final state is the fold of all packs that count, in the order of their clocks, which is one that causality allows.
 * Invariant: it is worked out from what was put alone, by no code of the machine.
 */
import {
  absorbPart,
  type ControlEntry,
  covers,
  type Group,
  type Head,
  joinVectors,
  type Pack,
  rowState,
  type State,
  type VersionVector,
} from "@fixpoint/core/sync"
import type { StoredObject } from "../bucket-objects.ts"

/** Something that must never be was found. */
export class Violation extends Error {}

const decoder = new TextDecoder()

/** The object in a plain codec's bytes. */
const plainObject = (bytes: Uint8Array): unknown => (JSON.parse(decoder.decode(bytes)) as readonly unknown[])[3]

/** What was published to one bucket. */
export class Published {
  readonly packs = new Map<string, Pack>()
  readonly #seals = new Map<string, Head | null>()
  readonly #objects: ReadonlyMap<string, StoredObject>
  readonly #objectOf: (bytes: Uint8Array) => unknown

  /** `objectOf` gives what stored bytes say; without it they are a plain codec's. */
  constructor(objects: ReadonlyMap<string, StoredObject>, objectOf: (bytes: Uint8Array) => unknown = plainObject) {
    this.#objects = objects
    this.#objectOf = objectOf
  }

  /** Notes a PUT that is about to have its effect. */
  note(key: string, bytes: Uint8Array): void {
    const name = nameIn(key)
    if (name.startsWith("c/")) this.#noteControl(this.#objectOf(bytes) as ControlEntry)
    if (!name.startsWith("p/0/")) return
    const pack = this.#objectOf(bytes) as Pack
    // A device that was copied can publish under a name that was deleted: what stands for that name already contradicts it.
    const isFork = this.groups().some(({ heads }) => {
      const [hlc = 0] = heads[pack.actor] ?? []
      return hlc > pack.lo && hlc !== pack.hi
    })
    if (isFork) return
    const place = `${pack.actor}/${pack.lo}`
    const before = this.packs.get(place)
    if (before !== undefined && before.hash !== pack.hash) throw new Violation(`I7: two contents at ${place}`)
    this.packs.set(place, pack)
  }

  /** Headers of whole runs and bases. */
  groups(): Group[] {
    return [...this.#objects].flatMap(([key, { bytes }]) => {
      const name = nameIn(key)
      return name.startsWith("p/") && name.endsWith("/h") ? [this.#objectOf(bytes) as Group] : []
    })
  }

  /** The end of an actor that is sealed; undefined while it is not. */
  sealOf(actor: string): number | undefined {
    const seal = this.#seals.get(actor)
    return seal === undefined ? undefined : (seal?.[0] ?? 0)
  }

  /** Sealed actors, and those that are fenced only. */
  readonly fenced: Set<string> = new Set()

  /** I1: every pack that counts is there, or stands in a run or a base that is. */
  checkCoverage(): void {
    const groups = this.groups()
    const names = new Set([...this.#objects.keys()].map((key) => nameIn(key).split("~")[0]))
    for (const { actor, lo, hi } of this.packs.values()) {
      if (hi > (this.sealOf(actor) ?? Number.POSITIVE_INFINITY)) continue
      const isThere =
        names.has(`p/0/${actor}/${lo.toString(32).padStart(11, "0")}`) ||
        groups.some((group) => (group.heads[actor]?.[0] ?? 0) >= hi && (group.lo[actor] ?? 0) <= lo)
      if (!isThere) throw new Violation(`I1: ${actor}/${lo} is lost`)
    }
  }

  /** What all that counts comes to. */
  fold(): Map<string, State> {
    const rows = new Map<string, State>()
    const seen = new Map<string, VersionVector>()
    const counting = [...this.packs.values()].filter(
      ({ actor, hi }) => hi <= (this.sealOf(actor) ?? Number.POSITIVE_INFINITY),
    )
    for (const pack of counting.sort((a, b) => a.hi - b.hi || (a.actor < b.actor ? -1 : 1))) {
      const { actor, hi } = pack
      const own = Object.fromEntries(Object.entries(pack.seen).map(([other, [hlc]]) => [other, hlc]))
      const told = { ...joinVectors(pack.isFull ? {} : (seen.get(actor) ?? {}), own), [actor]: hi }
      seen.set(actor, told)
      const table = { indexOf: () => 0, actorAt: (index: number) => pack.actors[index] as string }
      for (const [key, row] of pack.rows) {
        const next = absorbPart(rows.get(key), rowState(row, table), {
          known: () => false,
          told: (stamp) => covers(told, stamp),
        })
        if (next === undefined) rows.delete(key)
        else rows.set(key, next)
      }
    }
    return rows
  }

  #noteControl(entry: ControlEntry): void {
    if (entry.type === "fence") this.fenced.add(entry.actor)
    if (entry.type === "seal" && !this.#seals.has(entry.actor)) this.#seals.set(entry.actor, entry.head)
  }
}

const nameIn = (key: string): string => key.slice(key.indexOf("/") + 1)
