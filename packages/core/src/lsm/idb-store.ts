/**
 * A store over IndexedDB. Owns: the database `fp/<name>`, version 1, with the stores log (key n), blk (key of block-key.ts)
 * and meta (identity, keys, manifest, barrier).
 *
 * Invariants: a call resolves on the transaction's complete event, never earlier. Nothing but IndexedDB is awaited inside
 * of a transaction. Checks of a commit are requests of the same transaction, sent together with its writes; a check that
 * fails aborts it. No call waits for ever: a transaction that does not answer in time is aborted.
 * Must not know what any of the bytes mean.
 */
import { deleteDB, type IDBPDatabase, type IDBPTransaction, openDB, unwrap } from "idb"
import { asFixpointError, FixpointError } from "../base/errors.ts"
import type { Timers } from "../base/host.ts"
import { limits } from "../base/limits.ts"
import { blockKey, indexCount, segmentOf } from "./block-key.ts"
import { type OpenFailure, storeError } from "./idb-errors.ts"
import type {
  BlockRef,
  CommitOutcome,
  Durability,
  Genesis,
  LogRecord,
  Store,
  StoreChange,
  StoredManifest,
  StoreHeader,
} from "./store.ts"
