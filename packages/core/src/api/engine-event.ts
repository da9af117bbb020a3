/** Events of an engine, each kind of them. Whoever listens gets all. */
import type { ErrorJson } from "../base/errors.ts"
import type { Conflict } from "./conflict.ts"
import type { EngineStatus } from "./engine-status.ts"

/** What the engine tells without being asked. */
export type EngineEvent =
  /** What a part tells one of its sessions. */
  | { readonly event: "part"; readonly session: number; readonly body: unknown }
  | { readonly event: "status"; readonly status: EngineStatus }
  | { readonly event: "error"; readonly error: ErrorJson }
  | { readonly event: "metric"; readonly name: string; readonly ms: number; readonly count: number }
  /** Reads give something new from this turn on; "foreign" when it was not written by a caller of this engine. */
  | { readonly event: "applied"; readonly isForeign: boolean }
  | { readonly event: "conflict"; readonly conflict: Conflict }
