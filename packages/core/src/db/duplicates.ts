/**
 * Values of unique indexes that several documents have all the same. Owns: finding them, and what is told of them.
 * A write of this device is refused (claims.ts). But documents that were there before the index was, that were written while it was
 * built, and that other devices wrote without knowing of each other, come as they are: nobody can refuse them any more.
 * Invariant: what is told holds by the documents, and not by entries alone. Must not know who is told.
 */
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { fromOneByte, type Key, prefixRange, rowKey } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Finding } from "../lsm/finding.ts"
import type { Lsm } from "../lsm/lsm.ts"
import { readEntry } from "../query/index-definition.ts"
import { viewOf } from "../query/row-delta.ts"
import type { UniqueIndex } from "./claims.ts"
import { rowOf } from "./stored-row.ts"

/** A unique index, and the documents that it is of. */
export interface OfCollection extends UniqueIndex {
  readonly collection: string
}

/** Documents that have the same in a unique index. */
export interface Duplicate {
  readonly index: string
  readonly collection: string
  readonly ids: readonly string[]
}

/** As it is told when it comes. */
export const duplicateError = ({ index, collection, ids }: Duplicate): FixpointError =>
  new FixpointError("NOT_UNIQUE", undefined, { details: { path: index, collection, holder: ids[0] as string, ids } })

/** As check() tells it. */
export const duplicateFinding = ({ index, collection, ids }: Duplicate): Finding => ({
  code: "NOT_UNIQUE",
  where: `index ${index} of ${collection}: ${ids.join(", ")}`,
  message: new FixpointError("NOT_UNIQUE").message,
})

/** The documents of each value that several have, of a whole index. */
export async function* duplicatesIn(lsm: Lsm, index: OfCollection): AsyncGenerator<Duplicate> {
  const { prefix } = index
  let found = 0
  let group: { readonly values: Key; readonly ids: Key[] } | undefined
  for await (const batch of lsm.scan(prefixRange(prefix)))
    for (const [key, value] of batch) {
      const { values, id } = readEntry(key.slice(prefix.length), value)
      if (group?.values === values) {
        group.ids.push(id)
        continue
      }
      const told = group && (await toldOf(lsm, index, group))
      if (told !== undefined) yield told
      if (told !== undefined && ++found >= limits.duplicatesMax) return
      group = { values, ids: [id] }
    }
  const told = group && (await toldOf(lsm, index, group))
  if (told !== undefined) yield told
}

/** The documents that have the values of an entry, where it is several. */
export async function duplicatesOf(lsm: Lsm, index: OfCollection, entry: Key, value: string) {
  const { prefix } = index
  const { values } = readEntry(entry.slice(prefix.length), value)
  const ids: Key[] = []
  for await (const batch of lsm.scan(prefixRange(prefix + values), { isShort: true }))
    for (const [key, one] of batch) {
      const read = readEntry(key.slice(prefix.length), one)
      if (read.values === values) ids.push(read.id)
    }
  return await toldOf(lsm, index, { values, ids })
}

async function toldOf(
  lsm: Lsm,
  { collection, compiled }: OfCollection,
  { values, ids }: { readonly values: Key; readonly ids: readonly Key[] },
): Promise<Duplicate | undefined> {
  if (ids.length < 2) return undefined
  const own = ids.slice(0, limits.duplicatesMax).map(fromOneByte)
  const lines = await lsm.getMany(own.map((id) => rowKey(collection, id)))
  const holders = own.filter((id, i) => {
    const view = viewOf(rowView(rowOf(lines[i])))
    return view !== undefined && compiled.claims(view.parse(), id, values)
  })
  return holders.length < 2 ? undefined : { index: compiled.spec.name, collection, ids: holders }
}
