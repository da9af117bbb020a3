/**
 * A document through time, from what is known of its writes. Owns: the document at each moment.
 * At a moment the document is the join of all writes up to it (crdt/cells.ts): so a write that came late stands where its stamp
 * says, and replicas that know the same writes tell the same past.
 * Invariant: a function of the set of writes; with those of now alone, the document at the newest of them is the one of now.
 * Must not know rows, entries, or how far back all writes are known.
 */
import type { JsonObject } from "../base/json.ts"
import { compareStamps, formatStamp, type Stamp } from "../clock/stamp.ts"
import type { CellKey } from "../crdt/cell-key.ts"
import { type Cell, compareLives, type Life, normalise, type State } from "../crdt/cells.ts"
import { viewState } from "../crdt/view.ts"
import { isSameLife } from "./superseded.ts"

/** A document before and after the writes of one stamp. */
export interface Step {
  readonly stamp: Stamp
  readonly before: JsonObject | undefined
  readonly after: JsonObject | undefined
  /** Whether it ended a life of which nothing else is known: there was a document, though nobody here knows what was in it. */
  readonly isBareEnd: boolean
}

/** What the writes of one stamp are, by life. */
interface Event {
  readonly stamp: Stamp
  readonly lives: { readonly life: Life; readonly dead: boolean; readonly cells: [CellKey, Cell][] }[]
}

/** What is known of one life up to a moment. */
interface Lived {
  readonly life: Life
  isOver: boolean
  readonly cells: Map<CellKey, Cell>
}

/** The writes of a document by their stamps. */
export class Timeline {
  readonly #events: readonly Event[]

  constructor(states: readonly State[]) {
    const events = new Map<string, Event>()
    for (const { life, dead, cells } of states) {
      // Of a life that came from elsewhere the first writes may not be known.
      if (life !== 0) lifeAt(events, life, { life, dead: false })
      if (dead !== undefined) lifeAt(events, dead, { life, dead: true })
      for (const [key, cell] of cells) lifeAt(events, cell.stamp, { life, dead: false }).cells.push([key, cell])
    }
    this.#events = [...events.values()].sort((a, b) => compareStamps(a.stamp, b.stamp))
  }

  /** The stamps of all writes, ascending. */
  get stamps(): readonly Stamp[] {
    return this.#events.map(({ stamp }) => stamp)
  }

  /** The document after all writes that `isPast`. */
  documentAt(isPast: (stamp: Stamp) => boolean): JsonObject | undefined {
    const past = new Past()
    for (const event of this.#events) if (isPast(event.stamp)) past.add(event)
    return past.document()
  }

  /** What the last `count` stamps did that `isWanted`, ascending; those that show nothing are among them. */
  *steps(count: number, isWanted: (stamp: Stamp) => boolean): Generator<Step> {
    const past = new Past()
    const last = this.#events.findLastIndex(({ stamp }) => isWanted(stamp))
    const first = last - count + 1
    let before: JsonObject | undefined
    for (const [i, event] of this.#events.entries()) {
      if (i > last) return
      const isTold = i >= first - 1
      const wasOver = isTold && past.newest?.isOver === true && !past.isNewer(event)
      past.add(event)
      if (!isTold) continue
      const after = past.document()
      const { isOver = false, cells } = past.newest ?? {}
      const isBareEnd = isOver && !wasOver && cells?.size === 0
      if (i >= first && isWanted(event.stamp)) yield { stamp: event.stamp, before, after, isBareEnd }
      before = after
    }
  }

  /** The newest life with all its writes, as if it had not ended: those that its end discarded are there too. */
  lastLife(): JsonObject | undefined {
    const past = new Past()
    for (const event of this.#events) past.add(event)
    return past.document(true)
  }
}

function lifeAt(
  events: Map<string, Event>,
  stamp: Stamp,
  { life, dead }: { readonly life: Life; readonly dead: boolean },
) {
  const text = formatStamp(stamp)
  const event = events.get(text) ?? { stamp, lives: [] }
  events.set(text, event)
  const known = event.lives.find((one) => isSameLife(one.life, life) && one.dead === dead)
  if (known !== undefined) return known
  const begun = { life, dead, cells: [] }
  event.lives.push(begun)
  return begun
}

/** All writes up to a moment. */
class Past {
  readonly #lives: Lived[] = []

  add({ lives }: Event): void {
    for (const { life, dead, cells } of lives) {
      const lived = this.#lived(life)
      lived.isOver ||= dead
      for (const [key, cell] of cells) {
        const known = lived.cells.get(key)
        // What was hidden since is known with and without its value.
        if (known === undefined || cell.value !== undefined || compareStamps(known.stamp, cell.stamp) < 0)
          lived.cells.set(key, cell)
      }
    }
  }

  /** The greatest life so far. */
  get newest(): Lived | undefined {
    return this.#lives.reduce<Lived | undefined>(
      (best, one) => (best === undefined || compareLives(one.life, best.life) > 0 ? one : best),
      undefined,
    )
  }

  /** Whether an event is of a life that is greater than all so far. */
  isNewer({ lives }: Event): boolean {
    const { newest } = this
    return lives.some(({ life }) => newest === undefined || compareLives(life, newest.life) > 0)
  }

  document(isUndead = false): JsonObject | undefined {
    const last = this.newest
    if (last === undefined || (last.isOver && !isUndead)) return undefined
    const cells = normalise(last.cells)
    return cells.size === 0 ? undefined : viewState({ life: last.life, cells })?.document
  }

  #lived(life: Life): Lived {
    let lived = this.#lives.find((one) => isSameLife(one.life, life))
    if (lived === undefined) this.#lives.push((lived = { life, isOver: false, cells: new Map() }))
    return lived
  }
}
