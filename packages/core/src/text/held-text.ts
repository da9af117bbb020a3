/**
 * What was typed in a text, as whoever takes it back holds it. Owns: which way each batch goes next, and what was turned and is
 * not stored yet.
 * Invariant: a batch is turned round in the text once for each time that it is stored. What is not stored is turned back, so
 * that text and row go together. Must not know steps.
 */
import type { Stamp } from "../clock/stamp.ts"
import type { HeldText, HeldTyping, TurnedRow } from "../db/witness.ts"
import { type Field, rowHolding, takeRow } from "./text-field.ts"
import type { Drawn } from "./loaded-text.ts"
import type { TypedRange } from "./typed-ranges.ts"

/** Something that was done in the text, with what does it the other way. */
interface Turned {
  readonly inverse: TypedRange
  /** Undefined for what was put over the text, and became an edit of it. */
  readonly batch?: HeldTyping
}

/** The batches of one text. */
export class HeldBatches implements HeldText {
  readonly #field: Field
  readonly #ranges = new Map<HeldTyping, TypedRange>()
  #turned: Turned[] = []
  #drawn: Drawn | undefined

  constructor(field: Field) {
    this.#field = field
  }

  /** Holds a batch. */
  hold(range: TypedRange, release: () => void): HeldTyping {
    const batch: HeldTyping = {
      text: this,
      release: () => {
        this.#ranges.delete(batch)
        release()
      },
    }
    this.#ranges.set(batch, range)
    return batch
  }

  turn(batches: readonly HeldTyping[], row: string | undefined, stamp: Stamp): TurnedRow {
    const { address, text, context } = this.#field
    const standing = takeRow(address, text, row, context)
    if (standing === undefined) return { row, turned: [] }
    const over = text.overwritten(standing.cells, standing.shown, stamp.actor)
    if (over !== undefined) this.#turned.push(...text.adopt(over).map((inverse) => ({ inverse })))
    const turned = batches.filter((batch) => this.#isTurned(batch))
    if (turned.length === 0) return { row, turned }
    const held = rowHolding(this.#field, row, { stamp, isAtRest: false })
    this.#drawn = held.drawn
    return { row: held.row, turned }
  }

  settle(isStored: boolean): void {
    const { text } = this.#field
    for (const { inverse, batch } of this.#turned.toReversed()) {
      const next = isStored ? inverse : text.turn(inverse)
      if (batch === undefined) continue
      if (next === undefined) this.#ranges.delete(batch)
      else this.#ranges.set(batch, next)
    }
    if (isStored && this.#drawn !== undefined) text.stored(this.#drawn, undefined)
    this.#turned = []
    this.#drawn = undefined
    text.tell()
  }

  /** Turns a batch, unless that was done; gives whether something was left of it. */
  #isTurned(batch: HeldTyping): boolean {
    if (this.#turned.some((one) => one.batch === batch)) return true
    const range = this.#ranges.get(batch)
    const inverse = range && this.#field.text.turn(range)
    if (inverse === undefined) this.#ranges.delete(batch)
    else this.#turned.push({ inverse, batch })
    return inverse !== undefined
  }
}
