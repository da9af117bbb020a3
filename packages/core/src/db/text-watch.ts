/**
 * When a text has to be looked at though nobody has it open: after a plain value was put over it, and after another device's part
 * of it was taken in. Owns: seeing that in records. What is to be done then is the part's that holds texts (text/), which is
 * loaded for it. Must not know Yjs.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { JsonObject } from "../base/json.ts"
import { collectionOfRowKey, idOfRowKey, isRowKey } from "../codec/key.ts"
import { readPath, splitPath } from "../codec/path.ts"
import { hasFacets } from "../crdt/edit-target.ts"
import { rowView } from "../crdt/row-view.ts"
import type { ChangedRow } from "./record.ts"
import type { Witness } from "./witness.ts"

/** A document whose texts are to be looked at. */
export type Looked = readonly [collection: string, id: string]

/** A commit of more documents is an import: its texts begin when they are opened. */
const commitRowsMax = 16

/** How a text's chunk looks in a row's meta (crdt/row.ts). */
const chunkSign = "\\u0000y"

/** Calls `look` with documents of declared texts. */
export function watchTexts(
  specs: ReadonlyMap<string, CollectionSpec>,
  look: (documents: readonly Looked[]) => void,
): Witness {
  const told = (documents: readonly Looked[]): void => {
    if (documents.length > 0) look(documents)
  }
  return {
    get isIdle() {
      return [...specs.values()].every((spec) => textPathsOf(spec).length === 0)
    },
    committed(commits) {
      for (const rows of commits)
        if (rows.length <= commitRowsMax)
          told(rows.filter((row) => changesText(row, specs)).map(({ collection, id }) => [collection, id]))
    },
    applied({ entries }) {
      // What was taken in comes with a row of the protocol's own.
      if (entries.every(([key]) => isRowKey(key))) return
      const rows = entries.filter(([key, line]) => isRowKey(key) && line?.includes(chunkSign))
      told(rows.map(([key]) => [collectionOfRowKey(key), idOfRowKey(key)]))
    },
  }
}

/** The paths of a collection's declared texts. */
export function textPathsOf(spec: CollectionSpec | undefined): string[] {
  return Object.entries(spec?.fields ?? {}).flatMap(([path, type]) => (hasFacets(type) ? [] : [path]))
}

function changesText({ collection, before, after }: ChangedRow, specs: ReadonlyMap<string, CollectionSpec>): boolean {
  const paths = textPathsOf(specs.get(collection))
  const now = rowView(after)
  if (paths.length === 0 || now === undefined) return false
  const [was, is] = [JSON.parse(rowView(before) ?? "{}"), JSON.parse(now)] as [JsonObject, JsonObject]
  const textAt = (document: JsonObject, path: string): string =>
    JSON.stringify(readPath(document, splitPath(path)) ?? null)
  return paths.some((path) => textAt(was, path) !== textAt(is, path))
}
