/**
 * Values that only one document may have. Owns: who has them, in the middle of a batch.
 * Invariant: within one line of commits no two documents get the same values of a unique index. A writer that is outrun by
 * another tab works its batch out anew, on top of what that one has claimed. What other devices write is not asked: two that
 * have met without knowing of each other stay as they are, and are told (duplicates.ts). Must not know how holders are found.
 */
import { FixpointError } from "../base/errors.ts"
import { fromOneByte, type Key, toOneByte } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import type { CompiledIndex } from "../query/index-definition.ts"
import { type DocumentView, viewOf } from "../query/row-delta.ts"

/** An index whose values are claimed. */
export interface UniqueIndex {
  readonly prefix: Key
  readonly compiled: CompiledIndex
}

/** A row before and after a commit. */
export interface Claimant {
  readonly by: { readonly op: { readonly collection: string; readonly id: string } }
  readonly before: string | undefined
  readonly row: string
}

/** Claims of one batch. */
export class Claims {
  readonly #indexes: (collection: string) => readonly UniqueIndex[]
  readonly #findHolders: (key: Key) => Promise<readonly Key[]>
  readonly #stored = new Map<Key, readonly Key[]>()
  /** Who has what after the commits so far, where that is not what is stored; undefined for nobody. */
  readonly #moved = new Map<Key, Key | undefined>()
  /** Keys whose holders must be known first. */
  readonly #unknown = new Set<Key>()

  /** `findHolders` gives the documents that have the values of a key. */
  constructor(
    indexes: (collection: string) => readonly UniqueIndex[],
    findHolders: (key: Key) => Promise<readonly Key[]>,
  ) {
    this.#indexes = indexes
    this.#findHolders = findHolders
  }

  /** The batch is worked out from its beginning. */
  begin(): void {
    this.#moved.clear()
    this.#unknown.clear()
  }

  /** Gets to know what was not known; gives whether there was anything: the batch has then to be worked out anew. */
  async learn(): Promise<boolean> {
    for (const key of this.#unknown) this.#stored.set(key, await this.#findHolders(key))
    return this.#unknown.size > 0
  }

  /** Takes the documents of one commit; throws NOT_UNIQUE, and takes none, where one has what another document has. */
  take(claimants: Iterable<Claimant>): void {
    const moved = new Map<Key, Key | undefined>()
    const all = []
    for (const { by, before, row } of claimants) {
      const { collection, id } = by.op
      const indexes = this.#indexes(collection)
      if (indexes.length === 0) continue
      const views = { before: viewOf(rowView(before)), after: viewOf(rowView(row)) }
      for (const index of indexes) all.push({ ...views, id, index, own: toOneByte(id) })
    }
    for (const { index, id, before } of all) for (const key of keysOf(index, id, before)) moved.set(key, undefined)
    for (const { index, id, own, after } of all)
      for (const key of keysOf(index, id, after)) {
        const holder = moved.get(key) ?? (moved.has(key) ? undefined : this.#holder(key, own))
        if (holder !== undefined && holder !== own) throw taken(index, fromOneByte(holder))
        moved.set(key, own)
      }
    for (const [key, holder] of moved) this.#moved.set(key, holder)
  }

  /** Who has the values of a key, besides `own`. */
  #holder(key: Key, own: Key): Key | undefined {
    if (this.#moved.has(key)) return this.#moved.get(key)
    const stored = this.#stored.get(key)
    if (stored === undefined) this.#unknown.add(key)
    return stored?.find((id) => id !== own)
  }
}

function* keysOf({ prefix, compiled }: UniqueIndex, id: string, view: DocumentView | undefined): Generator<Key> {
  if (view !== undefined) for (const values of compiled.claimsOf(view.parse(), id)) yield prefix + values
}

function taken({ compiled: { spec } }: UniqueIndex, holder: string): FixpointError {
  return new FixpointError("NOT_UNIQUE", undefined, { details: { path: spec.name, holder } })
}
