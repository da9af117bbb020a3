/**
 * What was typed, as whoever takes it back holds it. Owns: which way it goes next.
 * Invariant: it is turned round in the text at most once for each time that it is stored: after a failure it is only stored.
 * Must not know steps.
 */
import { isFixpointError } from "../base/errors.ts"
import type { ChangedRow } from "../db/record.ts"
import type { HeldTyping } from "../db/witness.ts"
import type { LoadedText } from "./loaded-text.ts"
import type { TypedRange } from "./typed-ranges.ts"

/** What a held range leads to. */
export interface RangeEnd {
  readonly text: LoadedText
  /** Calls `turn` at its moment, and stores what comes of it. */
  turn(turn: () => void): Promise<ChangedRow | undefined>
  release(): void
}

/** One batch of typing, held. */
export class HeldRange implements HeldTyping {
  readonly #end: RangeEnd
  #range: TypedRange | undefined
  /** What does it again, from its turn until that is stored. */
  #inverse: TypedRange | undefined

  constructor(range: TypedRange, end: RangeEnd) {
    this.#range = range
    this.#end = end
  }

  async turn(): Promise<{ readonly row: ChangedRow | undefined } | undefined> {
    const turn = (): void => {
      if (this.#range !== undefined) this.#inverse = this.#end.text.turn(this.#range)
      this.#range = undefined
    }
    let row: ChangedRow | undefined
    try {
      row = await this.#end.turn(turn)
    } catch (error) {
      if (isFixpointError(error, "NOT_FOUND")) return undefined
      throw error
    }
    if (this.#inverse === undefined) return undefined
    this.#range = this.#inverse
    this.#inverse = undefined
    return { row }
  }

  release(): void {
    this.#end.release()
  }
}
