/**
 * Indexes as a plug-in: the first user of that seam. Owns: the difference that a commit makes to the entries of an index.
 * Invariant: after each delta, an index has exactly the entries of the documents. Must not know records or queries.
 */
import type { Json } from "../base/json.ts"
import { type Key, keySpaces, toOneByte } from "../codec/key.ts"
import {
  compileIndex,
  type CompiledIndex,
  entryKey,
  entryValue,
  type IndexEntry,
  parseIndex,
} from "../query/index-definition.ts"
import type { DocumentView, RowDelta } from "../query/row-delta.ts"
import { type DerivedOut, entriesTally, indexBy, type Plugin } from "./plugin.ts"

const noEntries: ReadonlyMap<Key, string> = new Map()

/** The entries of a document, by key. */
export function entriesOf(index: CompiledIndex, id: string, view: DocumentView | undefined): ReadonlyMap<Key, string> {
  if (view === undefined) return noEntries
  const own = toOneByte(id)
  return new Map(index.entriesOf(view.parse(), id).map((entry) => [entryKey(entry, own), entryValue(entry, own)]))
}

function moveEntries(index: CompiledIndex, delta: RowDelta, out: DerivedOut): void {
  const { id, before, after } = delta
  if (before === undefined && after !== undefined) return addEntries(index, id, after, out)
  if (before !== undefined && after !== undefined && hasSame(index, id, before, after)) return
  const old = entriesOf(index, id, before)
  const now = entriesOf(index, id, after)
  for (const key of old.keys()) if (!now.has(key)) out.delete(key)
  for (const [key, value] of now) if (old.get(key) !== value) out.put(key, value)
  out.tally(entriesTally, now.size - old.size)
}

/** The entries of a document that begins: there are none to compare with. */
function addEntries(index: CompiledIndex, id: string, after: DocumentView, out: DerivedOut): void {
  const own = toOneByte(id)
  const entries = index.entriesOf(after.parse(), id)
  for (const entry of entries) out.put(entryKey(entry, own), entryValue(entry, own))
  out.tally(entriesTally, entries.length)
}

/** Whether a change leaves the entries as they are, and in their order: most changes do. */
function hasSame(index: CompiledIndex, id: string, before: DocumentView, after: DocumentView): boolean {
  const old = index.entriesOf(before.parse(), id)
  const now = index.entriesOf(after.parse(), id)
  const isSame = (entry: IndexEntry, i: number) => entry.values === now[i]?.values && entry.isExact === now[i].isExact
  return old.length === now.length && old.every(isSame)
}

/** Makes entries of indexes. */
export const indexPlugin: Plugin = {
  by: indexBy,
  space: keySpaces.indexes,
  compile(what: Json) {
    const index = compileIndex(parseIndex(what))
    return { onDelta: (delta, out) => moveEntries(index, delta, out) }
  },
}
