/**
 * The commits of one engine that can be taken back, and what its pages typed in texts. Owns: the two stacks, and the time window
 * that makes steps of commits and of typing.
 * A step goes part by part: neighbouring commits in one record, and each batch of typing in one of its own.
 * Invariant: what is reversed moves between the stacks only after it is stored; reversals run one after the other, each on the
 * rows as they then are. A step of which nothing can be taken back any more is passed over. What is remembered is bounded, and
 * the oldest steps are forgotten first. Must not know how commits are made.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { UndoOptions, UndoResult, UndoState } from "../api/undo.ts"
import * as limits from "../base/limits.ts"
import { nextHlc } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import type { ActorTable } from "../crdt/row.ts"
import type { LineJob, Moment, PreparedJob } from "../db/line-job.ts"
import type { ChangedRow } from "../db/record.ts"
import { rowOf } from "../db/stored-row.ts"
import type { Typing } from "../db/witness.ts"
import { Origins } from "./origins.ts"
import { type Direction, remember, type Reversal, reverse } from "./reversal.ts"
import { rememberTyping, restoreTyped, type TypedChange } from "./typed-change.ts"

/** What a stack works with. */
export interface UndoParts {
  readonly actors: ActorTable & { readonly hlc: number }
  readonly specs: ReadonlyMap<string, CollectionSpec>
  self(): ActorId
  monotonicMs(): number
  run<R>(job: LineJob<R>): Promise<R>
  /** Told which documents the reversal of commits has changed. */
  onReversed(rows: readonly ChangedRow[]): void
}

type Part = Reversal | TypedChange

interface Step {
  readonly parts: readonly Part[]
  readonly chars: number
}

/** What came of reversing a part of a step. */
interface Effect {
  /** What is remembered of it from then on; empty where nothing was left to reverse. */
  readonly parts: readonly Part[]
  readonly rows: readonly ChangedRow[]
  /** Changes of documents that are somebody else's by now. */
  readonly kept: number
}

/** Typing in one text without a pause of so many milliseconds is one step, as in editors. */
const typingMs = 500

const isTyped = (part: Part): part is TypedChange => "held" in part

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

  /** Reverses a step part by part, and puts what was reversed on the other stack. What fails stays, with all that comes after. */
  async #reverseStep({ parts, chars }: Step, direction: Direction): Promise<Effect> {
    const isUndo = direction === "undo"
    const left = isUndo ? parts.toReversed() : [...parts]
    const reversed: Part[] = []
    const rows: ChangedRow[] = []
    let kept = 0
    const newest = this.#done.at(-1)
    try {
      for (let part = left[0]; part !== undefined; part = left[0]) {
        const end = isTyped(part) ? 1 : left.findIndex(isTyped)
        const taken = left.slice(0, end < 0 ? left.length : end) as Part[]
        const effect = isTyped(part)
          ? await this.#reverseTyped(part, direction)
          : await this.#reverseCommits(taken as Reversal[], direction)
        left.splice(0, taken.length)
        reversed.push(...effect.parts)
        rows.push(...effect.rows)
        kept += effect.kept
      }
    } finally {
      const inOrder = (list: readonly Part[]): readonly Part[] => (isUndo ? list.toReversed() : list)
      const moved = { parts: inOrder(reversed), chars: reversed.length === 0 ? 0 : chars }
      const rest = { parts: inOrder(left), chars: 0 }
      this.#chars -= chars - moved.chars
      const [from, to] = isUndo ? [this.#done, this.#undone] : [this.#undone, this.#done]
      if (rest.parts.length > 0) from.push(rest)
      // A write in the meantime has ended what could be done again.
      if (moved.parts.length > 0 && isUndo && this.#done.at(-1) !== newest && rest.parts.length === 0)
        this.#forget(moved)
      else if (moved.parts.length > 0) to.push(moved)
      // A reversal is a step of its own: what is written next does not join the one below.
      if (rows.length > 0) this.#lastMs = Number.NEGATIVE_INFINITY
    }
    return { parts: reversed, rows, kept }
  }

  async #reverseTyped(part: TypedChange, direction: Direction): Promise<Effect> {
    const turned = await part.held.turn()
    if (turned === undefined) {
      part.held.release()
      return { parts: [], rows: [], kept: 1 }
    }
    const { row } = turned
    if (row === undefined) return { parts: [part], rows: [], kept: 0 }
    restoreTyped(part, direction, row, { origins: this.#origins, actors: this.#parts.actors })
    return { parts: [part], rows: [row], kept: 0 }
  }

  async #reverseCommits(reversals: readonly Reversal[], direction: Direction): Promise<Effect> {
    const { effect, origins } = await this.#parts.run({
      durability: "relaxed",
      prepare: (at) => this.#prepare(at, reversals, direction),
    })
    if (effect.rows.length > 0) this.#origins = origins
    this.#parts.onReversed(effect.rows)
    return effect
  }

  async #prepare(
    at: Moment,
    reversals: readonly Reversal[],
    direction: Direction,
  ): Promise<PreparedJob<{ readonly effect: Effect; readonly origins: Origins }>> {
    const { actors, self, specs } = this.#parts
    const stamp: Stamp = { hlc: nextHlc(actors.hlc, at.nowMs), actor: self() }
    const origins = this.#origins.fork()
    const keys = [...new Set(reversals.map(({ key }) => key))]
    const lines = await at.read(keys)
    const now = new Map(keys.map((key, i) => [key, rowOf(lines[i])]))
    const changed = new Map<Key, ChangedRow>()
    const parts: Reversal[] = []
    let kept = 0
    for (const reversal of reversals) {
      const { key, collection, id } = reversal
      const fields = specs.get(collection)?.fields ?? {}
      const row = changed.get(key)?.after ?? now.get(key)
      const reversed = reverse(reversal, row, direction, { origins, actors, stamp, fields })
      parts.push(reversed?.reversal ?? reversal)
      if (reversed === undefined) kept++
      else changed.set(key, { key, collection, id, before: now.get(key), after: reversed.row })
    }
    const rows = [...changed.values()]
    if (rows.length === 0) return { result: { effect: { parts: [], rows, kept }, origins } }
    return { result: { effect: { parts, rows, kept }, origins }, record: { rows, hlc: stamp.hlc } }
  }
}
