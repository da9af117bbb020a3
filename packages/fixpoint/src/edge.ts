/**
 * fixpoint/edge: the same interface with the engine in the caller's thread: Node, Deno, Bun, workerd, service workers, tests.
 */
import { Connection } from "./connection.ts"
import { connectInline } from "./inline-link.ts"
import { nodePlatform } from "./node-platform.ts"
import { createFixpoint, type Fixpoint } from "./open.ts"
import { refused } from "./refused.ts"

export type {
  CheckReport,
  Conflict,
  Digest,
  EngineStats,
  Finding,
  QuerySpec,
  QueryStats,
  UndoResult,
  UndoState,
} from "@fixpoint/core"
export { type Code, type ErrorKind, FixpointError, isFixpointError } from "@fixpoint/core/errors"
export type { LogRecordLine, LogSink } from "@fixpoint/core/log"
export type { Change, Changes, Collection } from "./collection.ts"
export type { Database, Definitions, Events } from "./database.ts"
export type { AnyDocument, Given, Stored, Where } from "./document-types.ts"
export {
  collection,
  type CollectionDefinition,
  type CollectionOptions,
  counter,
  mv,
  type FieldType,
  set,
  text,
  xml,
  yarray,
  ymap,
} from "./fields.ts"
export type { Attachment } from "./files/attachment.ts"
export type { FileProgress, FilePutOptions, FileReadOptions } from "./files/file-options.ts"
export type { FileSource } from "./files/file-source.ts"
export type { Hooks, Operation } from "./hooks.ts"
export { keys, type Keys } from "./keys.ts"
export type { Delta, WatchOptions } from "./live-result.ts"
export { type LogOptions, setDebug, setLogSink } from "./log-settings.ts"
export type { Options } from "./open.ts"
export type { Author, HistoryOptions, PastChange, PastRange, PastStep, When } from "./past-seam.ts"
export type { Storage } from "./protocol.ts"
export type { Query } from "./query.ts"
export type { Durability, Receipt, WriteOptions } from "./scope.ts"
export type { Status } from "./session-seam.ts"
export type { JoinPresence, PresenceRelay, Text, TextOptions } from "./text/text-seam.ts"
export type { SyncLink, SyncStatus } from "./sync-link.ts"
export type { Transaction, TransactionCollection } from "./transaction.ts"
export type { Undo, UndoSettings } from "./undo.ts"

/** Opens a database whose engine runs in this thread. */
export const fixpoint: Fixpoint = createFixpoint((worker, request) => {
  if (typeof worker === "function") throw refused("worker", "fixpoint/edge runs the engine in the caller's thread.")
  return async (news) => new Connection(connectInline(nodePlatform), request, news)
})
