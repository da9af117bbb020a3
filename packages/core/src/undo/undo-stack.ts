/**
 * The commits of one engine that can be taken back. Owns: the two stacks, and the time window that makes steps of commits.
 * Invariant: a step moves between the stacks only after its reversal is stored; reversals run one after the other, each on the
 * rows as they then are. A step of which nothing can be taken back any more is passed over. What is remembered is bounded, and
 * the oldest steps are forgotten first. Must not know how commits are made.
 */
import * as limits from "../base/limits.ts"
import { nextHlc } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import type { ActorTable } from "../crdt/row.ts"
import type { LineJob, Moment, PreparedJob } from "../db/line-job.ts"
import type { ChangedRow } from "../db/record.ts"
import { rowOf } from "../db/stored-row.ts"
import type { CollectionSpec, UndoOptions, UndoResult, UndoState } from "../engine-api.ts"
import { Origins } from "./origins.ts"
import { type Direction, remember, type Reversal, reverse } from "./reversal.ts"

/** What a stack works with. */
export interface UndoParts {
  readonly actors: ActorTable & { readonly hlc: number }
  readonly specs: ReadonlyMap<string, CollectionSpec>
  self(): ActorId
  monotonicMs(): number
  run<R>(job: LineJob<R>): Promise<R>
}

interface Step {
  readonly reversals: readonly Reversal[]
  readonly chars: number
}

/** What the reversal of one step comes to. `kept` counts changes of documents that are somebody else's by now. */
interface Effect {
  readonly step: Step
  readonly rows: readonly ChangedRow[]
  readonly kept: number
  readonly origins: Origins
}

interface Reversed {
  /** Steps looked at, from the newest; only the last of them may have an effect. */
  readonly looked: number
  readonly kept: number
  readonly effect: Effect | undefined
}

const sizeOf = (rows: readonly ChangedRow[]): number =>
  rows.reduce((sum, { before, after }) => sum + (before?.length ?? 0) + after.length, 0)

/** One stack of a tab, from its making on. */
export class UndoStack {
  readonly #parts: UndoParts
  readonly #groupMs: number
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

  /** Forgets all steps. */
  clear(): void {
    this.#done = []
    this.#undone = []
    this.#chars = 0
    this.#origins = new Origins()
  }

  /** Takes a commit of this tab as a step, or as more of the last one. */
  record(rows: readonly ChangedRow[]): void {
    const { actors, monotonicMs } = this.#parts
    const now = monotonicMs()
    const joins = now - this.#lastMs < this.#groupMs && this.#undone.length === 0
    this.#lastMs = now
    const context = { origins: this.#origins, actors }
    const reversals = rows.flatMap((row) => remember(row, context) ?? [])
    if (reversals.length === 0) return
    const last = joins ? this.#done.pop() : undefined
    const chars = sizeOf(rows)
    this.#done.push({ reversals: [...(last?.reversals ?? []), ...reversals], chars: (last?.chars ?? 0) + chars })
    this.#chars += chars - this.#undone.reduce((sum, step) => sum + step.chars, 0)
    this.#undone = []
    while (this.#done.length > limits.undoStepsMax || (this.#chars > limits.undoCharsMax && this.#done.length > 1))
      this.#chars -= this.#done.shift()?.chars ?? 0
  }

  /** One reversal after the other: each works on the stacks that the one before has left. */
  #turn(direction: Direction): Promise<UndoResult | undefined> {
    const turn = this.#last.then(() => this.#reverse(direction))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #reverse(direction: Direction): Promise<UndoResult | undefined> {
    const [from, to] = direction === "undo" ? [this.#done, this.#undone] : [this.#undone, this.#done]
    if (from.length === 0) return undefined
    const { looked, kept, effect } = await this.#parts.run({
      durability: "relaxed",
      prepare: (at) => this.#prepare(at, from, direction),
    })
    const passed = from.splice(-looked)
    for (const step of passed) if (step !== effect?.step) this.#chars -= step.chars
    if (effect === undefined) return undefined
    to.push(effect.step)
    this.#origins = effect.origins
    // A reversal is a step of its own: what is written next does not join the one below.
    this.#lastMs = Number.NEGATIVE_INFINITY
    return { documents: effect.rows.length, kept }
  }

  async #prepare(at: Moment, steps: readonly Step[], direction: Direction): Promise<PreparedJob<Reversed>> {
    const { actors, self } = this.#parts
    const stamp = { hlc: nextHlc(actors.hlc, at.nowMs), actor: self() }
    let kept = 0
    for (let looked = 1; looked <= steps.length; looked++) {
      const effect = await this.#effectOf(steps.at(-looked) as Step, direction, at, stamp)
      kept += effect.kept
      if (effect.rows.length > 0)
        return { result: { looked, kept, effect }, record: { rows: effect.rows, hlc: stamp.hlc } }
    }
    return { result: { looked: steps.length, kept, effect: undefined } }
  }

  async #effectOf(step: Step, direction: Direction, at: Moment, stamp: Stamp): Promise<Effect> {
    const { actors, specs } = this.#parts
    const origins = this.#origins.fork()
    const reversals = direction === "undo" ? step.reversals.toReversed() : step.reversals
    const keys = [...new Set(reversals.map(({ key }) => key))]
    const lines = await at.read(keys)
    const now = new Map(keys.map((key, i) => [key, rowOf(lines[i])]))
    const changed = new Map<Key, ChangedRow>()
    let kept = 0
    for (const reversal of reversals) {
      const { key, collection, id } = reversal
      const fields = specs.get(collection)?.fields ?? {}
      const row = changed.get(key)?.after ?? now.get(key)
      const after = reverse(reversal, row, direction, { origins, actors, stamp, fields })
      if (after === undefined) kept++
      else changed.set(key, { key, collection, id, before: now.get(key), after })
    }
    return { step, rows: [...changed.values()], kept, origins }
  }
}
