/**
 * Indexes as a plug-in: the first user of that seam. Owns: the difference that a commit makes to the entries of an index.
 * Invariant: after each delta, an index has exactly the entries of the documents. Must not know records or queries.
 */
import type { Json } from "../base/json.ts"
import { type Key, keySpaces } from "../codec/key.ts"
import { compileIndex, type CompiledIndex, entryKey, entryValue, parseIndex } from "../query/index-definition.ts"
import type { DocumentView, RowDelta } from "../query/row-delta.ts"
import type { DerivedOut, Plugin } from "./plugin.ts"

/** The name of the tally of an index's entries. */
export const entriesTally = "n"

const noEntries: ReadonlyMap<Key, string> = new Map()

/** The entries of a document, by key. */
export function entriesOf(index: CompiledIndex, id: string, view: DocumentView | undefined): ReadonlyMap<Key, string> {
  if (view === undefined) return noEntries
  return new Map(index.entriesOf(view.parse(), id).map((entry) => [entryKey(entry, id), entryValue(entry, id)]))
}

function moveEntries(index: CompiledIndex, { id, before, after }: RowDelta, out: DerivedOut): void {
  const old = entriesOf(index, id, before)
  const now = entriesOf(index, id, after)
  for (const key of old.keys()) if (!now.has(key)) out.delete(key)
  for (const [key, value] of now) if (old.get(key) !== value) out.put(key, value)
  out.tally(entriesTally, now.size - old.size)
}

/** Makes entries of indexes. */
export const indexPlugin: Plugin = {
  by: "index/1",
  space: keySpaces.indexes,
  compile(what: Json) {
    const index = compileIndex(parseIndex(what))
    return { onDelta: (delta, out) => moveEntries(index, delta, out) }
  },
}
