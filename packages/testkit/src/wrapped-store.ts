/**
 * A store around a store. Owns: which calls a store has.
 */
import type { Store } from "@fixpoint/core"
import { type AroundCall, type NamedCall, wrapCalls } from "./wrapped-calls.ts"

/** The calls of a store. */
export type CallName = keyof typeof callNames

/** A call of a store. */
export type StoreCall = NamedCall<CallName>

/** Does a call, or something else. */
export type Around = AroundCall<CallName>

const callNames = {
  readHeader: 0,
  create: 0,
  putKeys: 0,
  readPosition: 0,
  readManifest: 0,
  readLog: 0,
  readBlocks: 0,
  listSegments: 0,
  commit: 0,
  close: 0,
  destroy: 0,
} as const satisfies Record<Exclude<keyof Store, "persistence" | "copies" | "dataLoss" | "expectWrite">, 0>

/** A store whose every call goes through `around`. */
export function wrapStore(store: Store, around: Around): Store {
  const { persistence, copies, dataLoss } = store
  return { persistence, copies, dataLoss, ...wrapCalls(store, callNames, around) } as Store
}
