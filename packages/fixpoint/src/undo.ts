/**
 * What this tab wrote, to be taken back. Owns: the handle on one stack of the engine.
 * Invariant: the stack begins with the turn in which it was asked for. Must not know how writes are taken back.
 */
import type { UndoResult, UndoState } from "@fixpoint/core"
import { refused } from "./refused.ts"

/** Options of an undo stack. */
export interface UndoSettings {
  /**
   * Writes and typing that follow each other within so many milliseconds are one step; 0 keeps each by itself. By default each
   * write is by itself, and typing in one text is one step until it pauses for half a second.
   */
  readonly groupMs?: number | undefined
}

/** Asks the engine's stack, which the first verb, "open", makes. */
export type AskStack = (verb: string, options?: UndoSettings) => Promise<unknown>

/**
 * The writes of this tab from here on, and what is typed in its texts. A transaction is one step, and so are the documents of a
 * `putMany`.
 */
export class Undo {
  readonly #ask: AskStack

  constructor(ask: AskStack, { groupMs }: UndoSettings) {
    if (groupMs !== undefined && !(groupMs >= 0)) throw refused("groupMs", "groupMs is in milliseconds.")
    this.#ask = ask
    // A database that does not open says so to whoever undoes.
    ask("open", { groupMs }).catch(() => undefined)
  }

  /**
   * Takes the last step back, as far as nobody has written over it since; a step of which nothing is left is passed over.
   * Gives undefined when there is nothing to take back.
   */
  undo(): Promise<UndoResult | undefined> {
    return this.#ask("undo") as Promise<UndoResult | undefined>
  }

  /** Does again what `undo` took back last; a write in between ends that. */
  redo(): Promise<UndoResult | undefined> {
    return this.#ask("redo") as Promise<UndoResult | undefined>
  }

  /** How many steps can be taken back and done again. */
  state(): Promise<UndoState> {
    return this.#ask("state") as Promise<UndoState>
  }

  /** Forgets all steps. */
  async clear(): Promise<void> {
    await this.#ask("clear")
  }

  /** Ends the stack. */
  async close(): Promise<void> {
    await this.#ask("close")
  }
}
