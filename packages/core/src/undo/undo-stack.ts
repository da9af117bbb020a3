/**
 * The commits of one engine that can be taken back, and what its pages typed in texts. Owns: the two stacks, and the time window
 * that makes steps of commits and of typing.
 * Invariant: what is reversed moves between the stacks only after it is stored, a step as a whole; reversals run one after the
 * other, each on the rows as they then are. A step of which nothing can be taken back any more is passed over. What is remembered
 * is bounded, and the oldest steps are forgotten first. Must not know how commits are made.
 */
import type { UndoOptions, UndoResult, UndoState } from "../api/undo.ts"
import * as limits from "../base/limits.ts"
import type { ChangedRow } from "../db/record.ts"
import type { Typing } from "../db/witness.ts"
import { Origins } from "./origins.ts"
import { type Direction, remember } from "./reversal.ts"
import { type CommitParts, commitReversal, type Effect, isTyped, type Part } from "./step-commit.ts"
import { rememberTyping } from "./typed-change.ts"

/** What a stack works with. */
export interface UndoParts extends CommitParts {
  monotonicMs(): number
  /** Told which documents a reversal has changed. */
  onReversed(rows: readonly ChangedRow[]): void
}

interface Step {
  readonly parts: readonly Part[]
  readonly chars: number
}

/** Typing in one text without a pause of so many milliseconds is one step, as in editors. */
const typingMs = 500

const sizeOf = (rows: readonly ChangedRow[]): number =>
  rows.reduce((sum, { before, after }) => sum + (before?.length ?? 0) + after.length, 0)

/** One stack of a tab, from its making on. */
export class UndoStack {
  readonly #parts: UndoParts
  readonly #groupMs: number | undefined
  #origins = new Origins()
  #done: Step[] = []
  #undone: Step[] = []
  #chars = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: UndoParts, { groupMs }: UndoOptions) {
    this.#parts = parts
    this.#groupMs = groupMs
  }

  /** Takes the newest step back that has something left to take back; undefined when there is none. */
  undo(): Promise<UndoResult | undefined> {
    return this.#turn("undo")
  }

  /** Does again what was taken back last. */
  redo(): Promise<UndoResult | undefined> {
    return this.#turn("redo")
  }

  state(): UndoState {
    return { undo: this.#done.length, redo: this.#undone.length }
  }

  /** Whether a document that a step brings back may name this file. */
  mayName(cid: string): boolean {
    return [...this.#done, ...this.#undone].some(({ parts }) =>
      parts.some(
        (part) => !isTyped(part) && JSON.stringify([part.leaves, part.before.text, part.after.text]).includes(cid),
      ),
    )
  }

  /** Forgets all steps. */
  clear(): void {
    for (const step of [...this.#done.splice(0), ...this.#undone.splice(0)]) this.#forget(step)
    this.#origins = new Origins()
  }

  /** Takes a commit of this tab as a step, or as more of the last one. */
  record(rows: readonly ChangedRow[]): void {
    const joins = this.#joins(this.#groupMs ?? 0)
    const parts = rows.flatMap((row) => remember(row, { origins: this.#origins, actors: this.#parts.actors }) ?? [])
    if (parts.length > 0) this.#push({ parts, chars: sizeOf(rows) }, joins)
  }

  /** Takes what a page of this tab typed as a step, or as more of the last one. */
  recordTyping(typing: Typing): void {
    const joins = this.#joins(this.#groupMs ?? typingMs)
    const last = this.#done.at(-1)?.parts.at(-1)
    const isMore = last !== undefined && isTyped(last) && last.key === typing.row.key && last.path === typing.path
    const parts = rememberTyping(typing, { origins: this.#origins, actors: this.#parts.actors })
    this.#push({ parts, chars: typing.chars }, joins && (this.#groupMs !== undefined || isMore))
  }

  #joins(groupMs: number): boolean {
    const now = this.#parts.monotonicMs()
    const joins = now - this.#lastMs < groupMs && this.#undone.length === 0
    this.#lastMs = now
    return joins
  }

  #push({ parts, chars }: Step, joins: boolean): void {
    const last = joins ? this.#done.pop() : undefined
    this.#done.push({ parts: [...(last?.parts ?? []), ...parts], chars: (last?.chars ?? 0) + chars })
    this.#chars += chars
    for (const step of this.#undone.splice(0)) this.#forget(step)
    while (this.#done.length > limits.undoStepsMax || (this.#chars > limits.undoCharsMax && this.#done.length > 1))
      this.#forget(this.#done.shift() as Step)
  }

  #forget({ parts, chars }: Step): void {
    this.#chars -= chars
    for (const part of parts) if (isTyped(part)) part.held.release()
  }

  /** One reversal after the other: each works on the stacks that the one before has left. */
  #turn(direction: Direction): Promise<UndoResult | undefined> {
    const turn = this.#last.then(() => this.#reverse(direction))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #reverse(direction: Direction): Promise<UndoResult | undefined> {
    // What was written and typed before is in the stack once the line is through with it.
    await this.#parts.run({ durability: "relaxed", prepare: async () => ({ result: undefined }) })
    let kept = 0
    for (;;) {
      const step = (direction === "undo" ? this.#done : this.#undone).pop()
      if (step === undefined) return undefined
      const effect = await this.#reverseStep(step, direction)
      kept += effect.kept
      if (effect.rows.length > 0) return { documents: new Set(effect.rows.map(({ key }) => key)).size, kept }
    }
  }

  /** Reverses a step in one commit, and puts it on the other stack; where that fails it stays as it was. */
  async #reverseStep(step: Step, direction: Direction): Promise<Effect> {
    const isUndo = direction === "undo"
    const [from, to] = isUndo ? [this.#done, this.#undone] : [this.#undone, this.#done]
    const newest = this.#done.at(-1)
    const inOrder = (list: readonly Part[]): readonly Part[] => (isUndo ? list.toReversed() : list)
    let effect: Effect
    try {
      effect = await commitReversal(inOrder(step.parts), direction, this.#origins, this.#parts)
    } catch (error) {
      from.push(step)
      throw error
    }
    const { parts, rows, origins } = effect
    this.#origins = origins
    this.#parts.onReversed(rows)
    for (const part of step.parts) if (isTyped(part) && !parts.includes(part)) part.held.release()
    // A reversal is a step of its own: what is written next does not join the one below.
    if (rows.length > 0) this.#lastMs = Number.NEGATIVE_INFINITY
    const moved = { parts: inOrder(parts), chars: step.chars }
    // A write in the meantime has ended what could be done again.
    if (parts.length === 0 || (isUndo && this.#done.at(-1) !== newest)) this.#forget(moved)
    else to.push(moved)
    return effect
  }
}
