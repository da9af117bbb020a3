/**
 * A store around a store. Owns: the one place through which every call of a wrapped store goes.
 * Must not know why calls are delayed, failed or recorded.
 */
import type { Store } from "@fixpoint/core"

/** A call of a store. */
export interface StoreCall {
  readonly name: CallName
  /** What the call was given. */
  readonly parameters: readonly unknown[]
}

/** The calls of a store. */
export type CallName = keyof typeof callNames

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
} as const satisfies Record<Exclude<keyof Store, "persistence" | "dataLoss">, 0>

/** Does a call, or something else. */
export type Around = (call: StoreCall, run: () => Promise<unknown>) => Promise<unknown>

/** A store whose every call goes through `around`. */
export function wrapStore(store: Store, around: Around): Store {
  const calls = Object.keys(callNames).map((name) => {
    const run = store[name as CallName].bind(store) as (...parameters: readonly unknown[]) => Promise<unknown>
    const call = (...parameters: readonly unknown[]) =>
      around({ name: name as CallName, parameters }, () => run(...parameters))
    return [name, call] as const
  })
  const { persistence, dataLoss } = store
  return { persistence, dataLoss, ...Object.fromEntries(calls) } as Store
}
