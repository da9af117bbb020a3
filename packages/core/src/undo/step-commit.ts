/**
 * The reversal of a step as one commit. Owns: the record that takes all parts of a step back or does them again, in their order,
 * and what becomes of texts when it is not stored.
 * Each run of parts of one kind, and of one text, works on the rows that the run before has left, under a stamp of its own: a text
 * tells by stamps what was put over it.
 * Invariant: all parts are stored, or none is and texts are as they were. Must not know stacks.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import { FixpointError, isFixpointError } from "../base/errors.ts"
import { nextHlc } from "../clock/hlc.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import type { ActorTable } from "../crdt/row.ts"
import { asRefusal, type LineJob, type Moment, type PreparedJob } from "../db/line-job.ts"
import type { ChangedRow } from "../db/record.ts"
import { rowOf } from "../db/stored-row.ts"
import type { HeldText } from "../db/witness.ts"
import type { Origins } from "./origins.ts"
import { type Direction, type Reversal, reverse } from "./reversal.ts"
import { restoreTyped, type TypedChange } from "./typed-change.ts"

/** What a reversal is stored with. */
export interface CommitParts {
  readonly actors: ActorTable & { readonly hlc: number }
  readonly specs: ReadonlyMap<string, CollectionSpec>
  self(): ActorId
  run<R>(job: LineJob<R>): Promise<R>
}

/** A change of one document, or a batch of typing in one text. */
export type Part = Reversal | TypedChange

/** What came of reversing a step. */
export interface Effect {
  /** What is remembered of it from then on; of commits nothing where none is taken. */
  readonly parts: readonly Part[]
  readonly rows: readonly ChangedRow[]
  /** Changes of documents that are somebody else's by now. */
  readonly kept: number
  readonly origins: Origins
}

/** Whether a part was typed. */
export const isTyped = (part: Part): part is TypedChange => "held" in part

/** Reverses parts in this order, in one record. */
export async function commitReversal(
  parts: readonly Part[],
  direction: Direction,
  known: Origins,
  context: CommitParts,
): Promise<Effect> {
  let effect: Effect | undefined
  let isStored = false
  try {
    const outcome = await context.run<Effect | FixpointError>({
      durability: "relaxed",
      prepare: async (at) => {
        try {
          const draft = await drafted(parts, direction, at, { ...context, origins: known.fork() })
          effect = draft.result
          return draft
        } catch (error) {
          return asRefusal(error)
        }
      },
    })
    if (outcome instanceof FixpointError) throw outcome
    isStored = true
    return outcome
  } catch (error) {
    isStored = isFixpointError(error, "STORE_TIMEOUT") && effect !== undefined && (await isThere(effect.rows, context))
    if (isStored && effect !== undefined) return effect
    throw error
  } finally {
    for (const text of textsOf(parts)) text.settle(isStored)
  }
}

/** Whether rows are stored as they were to be, though nobody said so. */
async function isThere(rows: readonly ChangedRow[], { run }: CommitParts): Promise<boolean> {
  const look = async (at: Moment): Promise<PreparedJob<boolean>> => {
    const lines = await at.read(rows.map(({ key }) => key))
    return { result: rows.every(({ after }, i) => rowOf(lines[i]) === after) }
  }
  return await run({ durability: "relaxed", prepare: look }).catch(() => false)
}

const textsOf = (parts: readonly Part[]): ReadonlySet<HeldText> =>
  new Set(parts.flatMap((part) => (isTyped(part) ? [part.held.text] : [])))

/** Rows on their way from one moment to a record. */
interface Draft extends CommitParts {
  readonly origins: Origins
  readonly rows: Map<Key, string | undefined>
  readonly stamp: Stamp
}

interface RunEffect {
  readonly parts: readonly Part[]
  readonly kept: number
}

async function drafted(
  parts: readonly Part[],
  direction: Direction,
  at: Moment,
  context: CommitParts & { readonly origins: Origins },
): Promise<PreparedJob<Effect>> {
  const { actors, self, origins } = context
  const documents = new Map(parts.map((part) => [part.key, part]))
  const lines = await at.read([...documents.keys()])
  const before = new Map([...documents.keys()].map((key, i) => [key, rowOf(lines[i])]))
  const rows = new Map(before)
  let { hlc } = actors
  const effects = runsOf(parts).map((run): RunEffect => {
    hlc = nextHlc(hlc, at.nowMs)
    const draft = { ...context, rows, stamp: { hlc, actor: self() } }
    return run.every(isTyped) ? turnTyping(run, direction, draft) : reverseCommits(run as Reversal[], direction, draft)
  })
  const changed = [...documents].flatMap(([key, { collection, id }]): ChangedRow[] => {
    const after = rows.get(key)
    return after === undefined || after === before.get(key)
      ? []
      : [{ key, collection, id, before: before.get(key), after }]
  })
  const kept = effects.reduce((sum, effect) => sum + effect.kept, 0)
  const left = effects.flatMap((effect) => effect.parts).filter((part) => kept < parts.length || isTyped(part))
  const result = { parts: left, rows: changed, kept, origins }
  return changed.length === 0 ? { result } : { result, record: { rows: changed, hlc } }
}

/** Neighbours that go together: commits, and typing in one text. */
function runsOf(parts: readonly Part[]): (readonly Part[])[] {
  const runs: Part[][] = []
  for (const part of parts) {
    const run = runs.at(-1)
    if (run?.[0] !== undefined && textOf(run[0]) === textOf(part)) run.push(part)
    else runs.push([part])
  }
  return runs
}

const textOf = (part: Part): HeldText | undefined => (isTyped(part) ? part.held.text : undefined)

function turnTyping(run: readonly TypedChange[], direction: Direction, { rows, stamp, ...known }: Draft): RunEffect {
  const [{ key, held }] = run as readonly [TypedChange]
  const before = rows.get(key)
  const { row, turned } = held.text.turn(
    run.map((part) => part.held),
    before,
    stamp,
  )
  const parts = run.filter((part) => turned.includes(part.held))
  if (row !== undefined && row !== before) restoreTyped(parts, direction, { before, after: row }, known)
  rows.set(key, row)
  return { parts, kept: run.length - parts.length }
}

function reverseCommits(run: readonly Reversal[], direction: Direction, { rows, specs, ...known }: Draft): RunEffect {
  let kept = 0
  const parts = run.map((reversal) => {
    const { key, collection } = reversal
    const fields = specs.get(collection)?.fields ?? {}
    const reversed = reverse(reversal, rows.get(key), direction, { ...known, fields })
    if (reversed === undefined) kept++
    else rows.set(key, reversed.row)
    return reversed?.reversal ?? reversal
  })
  return { parts, kept }
}
