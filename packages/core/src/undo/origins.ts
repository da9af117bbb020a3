/**
 * Whose a cell is, as undo sees it. Owns: origins, the name of the write that what stands in a cell comes from.
 * A cell's origin is its stamp, unless undo or redo wrote it: then it is the origin of what was put back, "" for nothing. So a
 * cell that was changed and changed back is again what it was, and all that was done to it before can be taken back too.
 * A cell that a register above it has dropped, and that was put back by what shows the same, keeps its origin though it is not
 * there: whichever undo or redo brings it there later finds what it was.
 * Invariant: of each cell only the newest restoration is kept, as a cell has one stamp; `fork` shares what it does not change.
 * Must not know edits or documents.
 */
import { formatStamp, type Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import type { CellKey } from "../crdt/cell-key.ts"
import { compareLives, type Life, type State } from "../crdt/cells.ts"

/** The text of a stamp, "0" for the shared life, "" for nothing. */
export type Origin = string

/** What one row holds, by origin. */
export interface Provenance {
  readonly life: Origin
  readonly dead: Origin
  readonly cells: ReadonlyMap<CellKey, Origin>
}

interface Restored {
  /** None where the cell is not there. */
  readonly stamp: string | undefined
  readonly origin: Origin
}

/** What was put back in one row: its life, its death, its cells. */
interface RestoredRow {
  readonly life: Restored | undefined
  readonly dead: Restored | undefined
  readonly cells: ReadonlyMap<CellKey, Restored>
}

/** A step from one side of a change to the other, as it came out. */
interface Restoration {
  readonly before: State
  readonly after: State
  readonly from: Provenance
  readonly to: Provenance
  /** Whether a cell belongs to what was put back. */
  isTouched(cell: CellKey): boolean
}

const nothingRestored: RestoredRow = { life: undefined, dead: undefined, cells: new Map() }

/** What undo and redo have put back, by row. */
export class Origins {
  readonly #rows: Map<Key, RestoredRow>

  constructor(rows: ReadonlyMap<Key, RestoredRow> = new Map()) {
    this.#rows = new Map(rows)
  }

  /** Origins that begin as these, and change apart from them. */
  fork(): Origins {
    return new Origins(this.#rows)
  }

  /** The origins of what a row holds. */
  of(key: Key, state: State | undefined): Provenance {
    if (state === undefined) return { life: "", dead: "", cells: new Map() }
    const restored = this.#rows.get(key) ?? nothingRestored
    const cells = new Map<CellKey, Origin>()
    for (const [cell, { stamp, origin }] of restored.cells) if (stamp === undefined) cells.set(cell, origin)
    for (const [cell, { stamp }] of state.cells) cells.set(cell, originOf(stamp, restored.cells.get(cell)))
    return {
      life: originOfLife(state.life, restored.life),
      dead: state.dead === undefined ? "" : originOf(state.dead, restored.dead),
      cells,
    }
  }

  /** A row has become `after` by a write of this stamp that puts back what stood there once. */
  restore(key: Key, stamp: Stamp, { before, after, from, to, isTouched }: Restoration): void {
    const text = formatStamp(stamp)
    const restored = this.#rows.get(key) ?? nothingRestored
    const now = this.of(key, before).cells
    const cells = new Map(compareLives(after.life, before.life) === 0 ? restored.cells : [])
    for (const name of new Set([...cells.keys(), ...to.cells.keys(), ...after.cells.keys()])) {
      const cell = after.cells.get(name)
      const origin = now.get(name)
      // What this write leaves as it was, as a deletion that fields now hide, is another's where it was not to be expected.
      const isOf =
        !origin || origin === from.cells.get(name) || JSON.stringify(before.cells.get(name)) !== JSON.stringify(cell)
      if (isOf && isTouched(name))
        cells.set(name, { stamp: cell && formatStamp(cell.stamp), origin: to.cells.get(name) ?? "" })
    }
    const isBegun = after.life !== 0 && formatStamp(after.life) === text
    const isEnded = after.dead !== undefined && formatStamp(after.dead) === text
    this.#rows.set(key, {
      life: isBegun ? { stamp: text, origin: to.life } : restored.life,
      dead: isEnded ? { stamp: text, origin: to.dead } : restored.dead,
      cells,
    })
  }
}

function originOf(stamp: Stamp, restored: Restored | undefined): Origin {
  const text = formatStamp(stamp)
  return restored?.stamp === text ? restored.origin : text
}

function originOfLife(life: Life, restored: Restored | undefined): Origin {
  return life === 0 ? "0" : originOf(life, restored)
}
