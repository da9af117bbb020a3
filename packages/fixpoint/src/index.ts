/** fixpoint: what a page imports. What talks to the engine, and the worker that runs it, are loaded when a database is opened. */
import { createFixpoint, type Fixpoint } from "./open.ts"
import { warmStorage } from "./page-host.ts"
import { refused } from "./refused.ts"
import type { Connecting } from "./session.ts"
import type { SessionRequest } from "./session-seam.ts"
import type { StartedWorker } from "./worker-link.ts"

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
export type { LostName, LostWrite } from "./conflict-seam.ts"
export type { Database, Definitions, Events } from "./database.ts"
export type { AnyDocument, Given, Stored, Where } from "./document-types.ts"
export {
  collection,
  type CollectionDefinition,
  type CollectionOptions,
  counter,
  type FieldType,
  mv,
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
export type { FindOptions, NearHit, SearchHit, SearchOptions } from "./search.ts"
export type { Status } from "./session-seam.ts"
export type { JoinPresence, PresenceRelay, Text, TextOptions } from "./text/text-seam.ts"
export type { SyncLink, SyncStatus } from "./sync-link.ts"
export type { Transaction, TransactionCollection } from "./transaction.ts"
export type { Undo, UndoSettings } from "./undo.ts"

/** Opens a database. It returns at once; the first call waits for the database to be open. */
export const fixpoint: Fixpoint = createFixpoint((worker, request) => {
  const { storage } = request.open
  const isLabelled = typeof storage === "object" && "memory" in storage
  // Memory of one label is shared by all of a process, and so it cannot be in a worker that ends with its database.
  const isInline = worker === "inline" || (worker === "auto" && (isLabelled || typeof Worker === "undefined"))
  return isInline ? runInline(request) : runInWorker(request)
})

const runInline =
  (request: SessionRequest): Connecting =>
  async (news) =>
    (await import("./connected-inline.ts")).connect(request, news)

function runInWorker(request: SessionRequest): Connecting {
  const { storage } = request.open
  if (storage === "auto" || storage === "indexeddb") warmStorage()
  // The worker loads while the code that talks to it does.
  let next = attempt(() => startWorker(request))
  const start = () => {
    const take = next
    next = () => startWorker(request)
    return take()
  }
  return async (news) => (await import("./connected-worker.ts")).connect(request, news, start)
}

/** Does it now, and gives or throws later what came of it. */
function attempt<T>(work: () => T): () => T {
  try {
    const result = work()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function startWorker({ makeWorker }: SessionRequest): StartedWorker {
  const worker = makeWorker === undefined ? makeDefaultWorker() : makeWorker()
  if (typeof worker?.postMessage !== "function") throw refused("worker", "worker() gave no Worker.")
  return { worker, broken: new Promise((resolve) => worker.addEventListener("error", resolve, { once: true })) }
}

/** Where Vite (up to 7) puts what it bundles for its development server: this file, but not the worker. */
const prebundled = /\.vite\/deps\/.*/

function makeDefaultWorker(): Worker {
  const here = import.meta.url
  if (prebundled.test(here))
    return new Worker(here.replace(prebundled, "fixpoint/dist/worker-default.js"), { type: "module", name: "fixpoint" })
  // Bundlers look for this expression as it is.
  return new Worker(new URL("./worker-default.js", import.meta.url), { type: "module", name: "fixpoint" })
}
