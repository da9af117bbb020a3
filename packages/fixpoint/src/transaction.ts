/** Transactions as applications see them. Owns: the collections of one. */
import { Collection } from "./collection.ts"
import type { AnyDocument } from "./document-types.ts"
import type { Scope } from "./scope.ts"

/** A collection inside of a transaction. */
export type TransactionCollection<T> = Omit<
  Collection<T>,
  "changes" | "text" | "history" | "asOf" | "blame" | "restore" | "undelete" | "conflicts" | "resolve"
>

/** A transaction inside of its callback. */
export interface Transaction<C> {
  /** The documents of any collection. */
  collection<N extends keyof C & string>(name: N): TransactionCollection<C[N]>
  collection<T = AnyDocument>(name: string): TransactionCollection<T>
  /** The documents of the declared collections. */
  readonly collections: { readonly [N in keyof C]: TransactionCollection<C[N]> }
}

/** Collections over a scope, by declared name and by any. */
export function collectionsOf<C>(scope: Scope, names: readonly string[]): Transaction<C> {
  const collections: unknown = Object.fromEntries(names.map((name) => [name, new Collection(scope, name)]))
  return {
    collection: <T>(name: string) => new Collection<T>(scope, name),
    collections: collections as Transaction<C>["collections"],
  }
}
