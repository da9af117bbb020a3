/** What a session and the connection that runs it know of each other. Owns: the shapes of status, events and requests. */
import type { EngineEvent, EngineStatus } from "@fixpoint/core"
import type { FixpointError } from "@fixpoint/core/errors"
import type { Declared } from "./fields.ts"
import type { AskPassphrase, OpenRequest } from "./protocol.ts"
import type { SyncStatus } from "./sync-link.ts"

/** The state of a database. */
export interface Status {
  readonly state: EngineStatus["state"]
  /** Where data is kept; "memory" ends with the page or process. */
  readonly persistence: EngineStatus["persistence"]
  /** The id of this device in this database, once it is open. */
  readonly device: string | undefined
  readonly error: FixpointError | undefined
}

/** What a session is opened with. */
export interface SessionRequest {
  readonly open: Omit<OpenRequest, "log" | "collections"> & { readonly collections: Readonly<Record<string, Declared>> }
  /** The option `debug`. */
  readonly debug: string | undefined
  readonly ask: AskPassphrase | undefined
  /** The application's own worker, where it makes one. */
  readonly makeWorker: (() => Worker) | undefined
}

/** What a session tells its handles. */
export type SessionEvent =
  | { readonly event: "status"; readonly status: Status }
  | { readonly event: "error"; readonly error: FixpointError }
  | { readonly event: "sync"; readonly status: SyncStatus }
  | Extract<EngineEvent, { event: "metric" | "conflict" }>

/** What the connection of a session may do with it. */
export interface SessionNews {
  readonly status: Status
  change(status: Partial<Status>): void
  tell(event: SessionEvent): void
}
