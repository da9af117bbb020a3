/** The seam between engines and what they run on: browsers, Node and its like. Owns: its shape. */
import type { Host, OpenStore } from "@fixpoint/core"
import type { LogHub } from "@fixpoint/core/log"
import type { Storage } from "./protocol.ts"

/** A place for one database. */
export interface Place {
  readonly openStore: OpenStore
  /** Removes the storage where it cannot even be opened. */
  destroyStorage(): Promise<void>
  /** The name by which the sentinel knows the place; a place in memory has none, as it ends before it could be missed. */
  readonly sentinelName?: string
}

/** Storage that is more than memory. "auto" is the best that the platform has. */
export type KeptStorage = Exclude<Storage, "memory" | { memory: string }>

/** What a platform gives to engines. */
export interface Platform {
  /** Throws when something that every engine needs is missing. */
  host(name: string, hub: LogHub): Host
  /** The place that is asked for; undefined when this platform has none of the kind. */
  place(name: string, storage: KeptStorage, host: Host): Place | undefined
}
