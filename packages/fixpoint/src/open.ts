/**
 * fixpoint() itself. Owns: the check of its options, and the databases that are open in this thread.
 * Invariant: handles on one name, one storage and one key share one engine; the last one to close ends it. A key that differs
 * gets an engine of its own, and with it the code that says so.
 */
import { isFixpointError } from "@fixpoint/core/errors"
import { Database, type Definitions } from "./database.ts"
import { checkOptions, type Declared, keepOf } from "./fields.ts"
import type { Hooks } from "./hooks.ts"
import { type Keys, keys as sources } from "./keys.ts"
import type { Attachable } from "./crossing.ts"
import type { HistoryOptions } from "./past-seam.ts"
import type { Storage } from "./protocol.ts"
import type { Durability } from "./scope.ts"
import { checkDurability, checkGateway, refused } from "./refused.ts"
import { type Connecting, Session } from "./session.ts"
import type { SessionRequest } from "./session-seam.ts"

/** Options of a database. */
export interface Options<D extends Definitions = Definitions> {
  /** Declared collections, by name. Without them any name works. */
  readonly collections?: D
  /** Where the key comes from; the default is `keys.device()`. */
  readonly keys?: Keys
  /** "auto": a worker where there are workers. */
  readonly worker?: "auto" | "inline" | (() => Worker)
  /** "auto": IndexedDB; where there is none, files in Node and its like, and else memory, which `status` tells. */
  readonly storage?: Storage
  /** How sure a write is that does not say itself. */
  readonly durability?: Durability
  /** The bucket to sync with, or several; `attach` does the same later. */
  readonly sync?: Attachable | readonly Attachable[]
  /** How long it is kept what documents were, where a collection does not say; "none" without it. The first handle decides. */
  readonly history?: HistoryOptions
  /** FP_DEBUG for this database. */
  readonly debug?: string
  /** Told of every call of this handle, for metrics and traces. */
  readonly hooks?: Hooks
}

/** Opens a database. */
export type Fixpoint = <const D extends Definitions = Record<never, never>>(
  name: string,
  options?: Options<D>,
) => Database<D>

/** How an engine is run, as the options ask for it. */
export type Run = (worker: NonNullable<Options["worker"]>, request: SessionRequest) => Connecting

interface Open {
  readonly name: string
  readonly place: string
  readonly keys: Keys
  readonly session: Session
  handles: number
  ending?: Promise<void>
}

/** Makes a fixpoint() that runs engines in this way. */
export function createFixpoint(run: Run): Fixpoint {
  const open = new Set<Open>()
  const end = (one: Open, how: "close" | "destroy"): Promise<void> => {
    open.delete(one)
    one.ending ??= endSession(one.session, how)
    return one.ending
  }

  return (name, options = {}) => {
    const {
      keys = sources.device(),
      worker = "auto",
      storage = "auto",
      durability,
      debug,
      history,
      hooks,
      collections,
      sync = [],
    } = checked(name, options)
    const remotes = [sync].flat()
    for (const remote of remotes) checkGateway(remote)
    const place = JSON.stringify(storage)
    const specs = specsOf(collections ?? {})
    let one = [...open].find(
      (other) =>
        other.name === name &&
        other.place === place &&
        sameKeys(other.keys, keys) &&
        // Whoever tries again gets another try, whether the failed handle was closed or not.
        other.session.status.state !== "failed",
    )
    if (one === undefined) {
      const request: SessionRequest = {
        open: {
          name,
          storage,
          durability: durability ?? "relaxed",
          keys: keys.request,
          collections: specs,
          history: keepOf(history),
          // The other keys are lost with the storage.
          recovers: remotes.length > 0 && keys.request.kind === "raw",
        },
        debug,
        ask: keys.ask,
        makeWorker: typeof worker === "function" ? worker : undefined,
      }
      one = { name, place, keys, session: new Session(run(worker, request), storage), handles: 0 }
      open.add(one)
    } else void one.session.run((connection) => connection.declare(specs))
    const shared = one
    shared.handles++
    for (const remote of remotes) shared.session.attach(remote, true)
    return new Database({
      session: shared.session,
      names: Object.keys(specs),
      durability,
      hooks,
      end: async (how) => {
        if (how === "destroy") await end(shared, how)
        else if (--shared.handles === 0) await end(shared, how).catch(ignoreEnded)
      },
    })
  }
}

async function endSession(session: Session, how: "close" | "destroy"): Promise<void> {
  try {
    await session.run((connection) => connection.end(how))
  } finally {
    session.change({ state: "closed" })
  }
}

/** An engine that is gone, or never came, is closed. */
function ignoreEnded(error: unknown): void {
  if (!isFixpointError(error)) throw error
}

/** As long as a collection's name may be. */
const nameBytesMax = 128

const known = ["collections", "keys", "worker", "storage", "durability", "debug", "history", "hooks", "sync"]

function checked<D extends Definitions>(name: unknown, options: Options<D>): Options<D> {
  if (
    typeof name !== "string" ||
    !/^[^\p{Cc}\p{Cs}]+$/u.test(name) ||
    new TextEncoder().encode(name).length > nameBytesMax
  )
    throw refused("name", `name is text of 1 to ${nameBytesMax} bytes.`)
  if (typeof options !== "object" || options === null) throw refused("options", "fixpoint takes options.")
  checkOptions("fixpoint", options, known)
  const { worker = "auto", storage = "auto", keys, durability, debug, history, hooks } = options
  keepOf(history)
  if (worker !== "auto" && worker !== "inline" && typeof worker !== "function")
    throw refused("worker", 'worker is "auto", "inline" or a function.')
  if (!isStorage(storage)) throw refused("storage", 'storage is "auto", "indexeddb", "memory", { memory } or { fs }.')
  if (keys !== undefined && typeof keys?.request?.kind !== "string")
    throw refused("keys", "keys is keys.device(), passphrase() or raw().")
  if (debug !== undefined && typeof debug !== "string") throw refused("debug", "debug is text like FP_DEBUG.")
  if (hooks !== undefined && (typeof hooks !== "object" || hooks === null))
    throw refused("hooks", "hooks is { onStart, onEnd, onError }.")
  checkDurability(durability)
  return options
}

function isStorage(storage: unknown): storage is Storage {
  if (typeof storage === "string") return storage === "auto" || storage === "indexeddb" || storage === "memory"
  const [[kind, where] = [], ...more] = Object.entries((storage ?? {}) as object)
  return more.length === 0 && (kind === "memory" || kind === "fs") && typeof where === "string" && where !== ""
}

function specsOf(collections: Definitions): Record<string, Declared> {
  return Object.fromEntries(
    Object.entries(collections).map(([name, definition]) => {
      const path = `collections.${name}`
      if (typeof definition?.fields !== "object") throw refused(path, "Use collection().")
      return [name, { ...definition, indexes: definition.indexes ?? [] }]
    }),
  )
}

function sameKeys(a: Keys, b: Keys): boolean {
  return a.request.kind === b.request.kind && a.ask === b.ask && bytesOf(a) === bytesOf(b)
}

const bytesOf = ({ request }: Keys) => (request.kind === "raw" ? request.bytes.join() : "")
