/**
 * Where an engine lives, in a worker or in the thread of its caller. Owns: putting an engine together from what was asked for
 * and what the platform has. Invariant: data is kept in memory only where that was asked for, or where the platform refuses
 * storage and nothing was ever stored here; then it is said. Must not know pages.
 */
import {
  createEngine,
  deviceKeys,
  type Engine,
  type Host,
  type KeySource,
  type OpenStore,
  passphraseKeys,
  rawKeys,
} from "@fixpoint/core"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { flatRecord, LogHub } from "@fixpoint/core/log"
import { serveEngine } from "./engine-server.ts"
import type { Answer, AskPassphrase, LogChoice, OpenRequest } from "./protocol.ts"

/** A place for a database. */
export interface Place {
  readonly openStore: OpenStore
  /** Removes the storage where it cannot even be opened. */
  destroyStorage(): Promise<void>
}

/** What a platform gives to engines. */
export interface Platform {
  host(hub: LogHub): Host
  /** The place that was asked for; INVALID_ARGUMENT when this platform has none of the kind. */
  place(request: Pick<OpenRequest, "name" | "storage">, host: Host): Place
  print(record: Parameters<typeof flatRecord>[0], format: LogChoice["format"]): void
}
