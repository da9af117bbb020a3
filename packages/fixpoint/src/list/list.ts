/**
 * A list that several devices edit, as a handle on a field. Owns: its calls.
 * Invariant: an edit reads the list, and is made again if the document was changed before it was stored. Must not know how a list
 * is stored (items.ts).
 */
import { FixpointError } from "@fixpoint/core/errors"
import type { Collection } from "../collection.ts"
import type { FieldPath, ValueAt } from "../document-types.ts"
import { newId } from "../ids.ts"
import type { Receipt, WriteOptions } from "../scope.ts"
import { randomBits39 } from "../thread-host.ts"
import {
  itemsOf,
  type ListItem,
  type ListPlace,
  type StoredList,
  withItem,
  withItemMoved,
  withItemSet,
  withoutItem,
} from "./items.ts"

/** The fields of a document that hold lists. */
export type ListField<T> = {
  [P in keyof T & string]: NonNullable<T[P]> extends StoredList<unknown> ? P : never
}[keyof T & string] &
  FieldPath<T>

type ItemOf<L> = NonNullable<L> extends StoredList<infer V> ? V : never

/** A list of one document. */
export interface List<V> {
  /** The items in their order. */
  items(): Promise<ListItem<V>[]>
  /** Adds an item, at the end where nothing else is said; gives its id, which it keeps. */
  insert(value: V, place?: ListPlace, options?: WriteOptions): Promise<string>
  /** Moves an item. Of several who move it at once the last one does; it is never there twice. */
  move(id: string, place: ListPlace, options?: WriteOptions): Promise<Receipt>
  /** Replaces the value of an item; fields of it that stay the same are left to whoever else writes them. */
  set(id: string, value: V, options?: WriteOptions): Promise<Receipt>
  /** Removes an item. It stays removed, whatever others do with it at the same time. */
  remove(id: string, options?: WriteOptions): Promise<Receipt>
}

/** The list in a field of a document, which has to be there; an edit of another one is NOT_FOUND. */
export function listIn<T, P extends ListField<T>>(
  collection: Collection<T>,
  id: string,
  field: P,
): List<ItemOf<ValueAt<T, P>>> {
  type V = ItemOf<ValueAt<T, P>>
  const documents = collection as unknown as Collection<Record<string, unknown>>
  const edit = async (change: (list: StoredList<V>) => StoredList<V>, options?: WriteOptions): Promise<Receipt> => {
    const receipt = await documents.update(
      id,
      (document) => ({ ...document, [field]: change((document[field] ?? {}) as StoredList<V>) }),
      options,
    )
    if (receipt === undefined) throw new FixpointError("NOT_FOUND")
    return receipt
  }
  return {
    items: async () => itemsOf((await documents.get(id))?.[field] as StoredList<V> | undefined),
    async insert(value, place = "end", options) {
      const item = { id: newId(), value }
      await edit((list) => withItem(list, item, place, random), options)
      return item.id
    },
    move: (item, place, options) => edit((list) => withItemMoved(list, item, place, random), options),
    set: (item, value, options) => edit((list) => withItemSet(list, item, value), options),
    remove: (item, options) => edit((list) => withoutItem(list, item), options),
  }
}

const random = (): number => randomBits39() / 2 ** 39
