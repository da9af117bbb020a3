/** How an engine stands: between opening and closed, and how sure its storage is. */
import type { ErrorJson } from "../base/errors.ts"
import type { Persistence } from "../lsm/store.ts"

/** The state of a database. */
export interface EngineStatus {
  readonly state: "opening" | "ready" | "closed" | "failed"
  readonly persistence: Persistence
  /** The actor id of this incarnation, once it is known. */
  readonly device: string | undefined
  readonly error: ErrorJson | undefined
}
