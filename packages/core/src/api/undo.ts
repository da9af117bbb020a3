/** Undo as a page asks for it. Owns: how steps are made, what one did, and how many there are. */

/** How an undo stack makes steps of commits. */
export interface UndoOptions {
  /**
   * Commits and typing that follow each other within so many milliseconds are one step; 0 keeps each by itself. Where nothing is
   * said, each commit is by itself, and typing in one text is one step until it pauses.
   */
  readonly groupMs?: number | undefined
}

/** What an undo or a redo did: how many documents changed, and how many changes stayed as others had written since. */
export interface UndoResult {
  readonly documents: number
  readonly kept: number
}

/** How many steps there are. */
export interface UndoState {
  readonly undo: number
  readonly redo: number
}
