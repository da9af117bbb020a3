/**
 * Typing in a text, as a step has it. Owns: what the document showed before and after it, so that a text that shows again what it
 * showed is again whose it was: then the writes before the typing can be taken back too.
 * Invariant: what typing itself brought and took away is the text's to know (db/witness.ts); a document that came with what was
 * typed in it goes as any that was written. Must not know stacks or Yjs.
 */
import type { Json } from "../base/json.ts"
import type { Key } from "../codec/key.ts"
import { readPath, splitPath } from "../codec/path.ts"
import { type CellKey, splitCellKey } from "../crdt/cell-key.ts"
import { type ActorTable, fromRowStamp, newestOf } from "../crdt/row.ts"
import { rowState } from "../crdt/row-state.ts"
import type { HeldTyping, Typing } from "../db/witness.ts"
import type { Origins, Provenance } from "./origins.ts"
import { type Direction, documentOf, isNear, type Reversal, stateOf } from "./reversal.ts"

/** One batch of typing. */
export interface TypedChange {
  readonly key: Key
  readonly collection: string
  readonly id: string
  readonly path: string
  readonly held: HeldTyping
  readonly before: Shown
  readonly after: Shown
}

/** What stood at the text's path. */
interface Shown {
  /** As JSON; a text without anything is as none. */
  readonly text: string
  readonly provenance: Provenance
}

interface Known {
  readonly origins: Origins
  readonly actors: ActorTable
}

/** What to remember of typing. */
export function rememberTyping(typing: Typing, { origins, actors }: Known): readonly (Reversal | TypedChange)[] {
  const { row, path } = typing
  const { key, collection, id, before, after } = row
  const shown = (line: string | undefined): Shown => ({
    text: textAt(line, path),
    provenance: origins.of(key, stateOf(line, actors)),
  })
  const typed = { key, collection, id, path, held: typing.hold(), before: shown(before), after: shown(after) }
  if (documentOf(before) !== undefined) return [typed]
  const [nothing, made] = [typed.before.provenance, typed.after.provenance]
  const came: Reversal = {
    key,
    collection,
    id,
    leaves: [],
    before: { text: undefined, provenance: nothing },
    after: { text: "{}", provenance: made },
  }
  return [came, typed]
}

/** Typing in one text was taken back, or done again, in the order of `changes`, and that made another row of one. */
export function restoreTyped(
  changes: readonly TypedChange[],
  direction: Direction,
  { before, after }: { readonly before: string | undefined; readonly after: string },
  { origins, actors }: Known,
): void {
  const [first, last] = [changes[0], changes.at(-1)]
  const was = stateOf(before, actors)
  if (first === undefined || last === undefined || was === undefined) return
  const [from, to] = direction === "undo" ? [first.after, last.before] : [first.before, last.after]
  const { key, path } = first
  // Where others have typed too, it is something else that stands there now.
  if (textAt(after, path) !== to.text) return
  origins.restore(key, fromRowStamp(newestOf(after), actors), {
    before: was,
    after: rowState(after, actors),
    from: from.provenance,
    to: to.provenance,
    isTouched: (name: CellKey) => isNear(splitCellKey(name), path),
  })
}

function textAt(row: string | undefined, path: string): string {
  const value: Json | undefined = readPath(documentOf(row) ?? {}, splitPath(path))
  const isEmpty = value === undefined || value === "" || JSON.stringify(value).length === 2
  return isEmpty ? "" : JSON.stringify(value)
}
