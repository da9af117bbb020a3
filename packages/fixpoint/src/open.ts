/**
 * fixpoint() itself. Owns: the check of its options, and the databases that are open in this thread.
 * Invariant: handles on one name, one storage and one key share one engine; the last one to close ends it. A key that differs
 * gets an engine of its own, and with it the code that says so.
 */
import type { CollectionSpec } from "@fixpoint/core"
import { checkCollection } from "@fixpoint/core/codec"
import { isFixpointError } from "@fixpoint/core/errors"
import { Connection } from "./connection.ts"
import { checkDurability, Database, type Definitions } from "./database.ts"
import { checkOptions } from "./fields.ts"
import { type Keys, keys as sources } from "./keys.ts"
import type { Connect } from "./link.ts"
import { logChoice } from "./log-settings.ts"
import type { Storage } from "./protocol.ts"
import type { Durability } from "./scope.ts"
import { refused } from "./where.ts"

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
  /** FP_DEBUG for this database. */
  readonly debug?: string
}

/** Opens a database. */
export type Fixpoint = <const D extends Definitions = Record<never, never>>(
  name: string,
  options?: Options<D>,
) => Database<D>

/** How the engine is run that the options ask for. */
export type ChooseLink = (worker: NonNullable<Options["worker"]>, storage: Storage) => Connect

interface Open {
  readonly name: string
  readonly storage: string
  readonly keys: Keys
  readonly connection: Connection
  handles: number
  ending: Promise<void> | undefined
}

/** Makes a fixpoint() that runs engines as `choose` says. */
export function createFixpoint(choose: ChooseLink): Fixpoint {
  const open = new Set<Open>()
  const find = (name: string, storage: string, keys: Keys) =>
    [...open].find((one) => one.name === name && one.storage === storage && sameKeys(one.keys, keys))

  return (name, options = {}) => {
    const {
      keys = sources.device(),
      worker = "auto",
      storage = "auto",
      durability,
      debug,
      collections,
    } = checked(name, options)
    const place = JSON.stringify(storage)
    const specs = specsOf(collections ?? {})
    const entry: Open = find(name, place, keys) ?? {
      name,
      storage: place,
      keys,
      handles: 0,
      ending: undefined,
      connection: new Connection(choose(worker, storage), {
        open: {
          name,
          storage,
          durability: durability ?? "relaxed",
          keys: keys.request,
          collections: specs,
          log: logChoice(debug),
        },
        debug,
        ask: keys.ask,
        makeWorker: typeof worker === "function" ? worker : undefined,
      }),
    }
    if (entry.handles++ > 0) entry.connection.declare(specs)
    open.add(entry)
    const end = (how: "close" | "destroy") => {
      open.delete(entry)
      entry.ending ??= entry.connection.end(how)
      return entry.ending
    }
    return new Database({
      connection: entry.connection,
      names: Object.keys(specs),
      durability,
      release: async () => {
        if (--entry.handles === 0) await end("close").catch(ignoreEnded)
      },
      destroy: () => end("destroy"),
    })
  }
}

/** An engine that is gone, or never came, is closed. */
function ignoreEnded(error: unknown): void {
  if (!isFixpointError(error)) throw error
}

const known = ["collections", "keys", "worker", "storage", "durability", "debug"]

function checked<D extends Definitions>(name: unknown, options: Options<D>): Options<D> {
  if (isFault(() => checkCollection(name))) throw refused("name", "A database's name is text of 1 to 128 bytes.")
  if (typeof options !== "object" || options === null) throw refused("options", "fixpoint takes an object of options.")
  checkOptions("fixpoint", options, known)
  const { worker = "auto", storage = "auto", keys, durability, debug } = options
  if (worker !== "auto" && worker !== "inline" && typeof worker !== "function")
    throw refused("worker", 'worker is "auto", "inline" or a function that makes a Worker.')
  if (!isStorage(storage))
    throw refused("storage", 'storage is "auto", "indexeddb", "memory", { memory: label } or { fs: folder }.')
  if (keys !== undefined && typeof keys?.request?.kind !== "string")
    throw refused("keys", "keys is keys.device(), keys.passphrase() or keys.raw().")
  if (debug !== undefined && typeof debug !== "string") throw refused("debug", "debug is text like FP_DEBUG.")
  checkDurability(durability)
  return options
}

function isFault(check: () => unknown): boolean {
  try {
    check()
    return false
  } catch {
    return true
  }
}

function isStorage(storage: unknown): storage is Storage {
  if (typeof storage === "string") return storage === "auto" || storage === "indexeddb" || storage === "memory"
  const [[kind, where] = [], ...more] = Object.entries((storage ?? {}) as object)
  return more.length === 0 && (kind === "memory" || kind === "fs") && typeof where === "string" && where !== ""
}

function specsOf(collections: Definitions): Record<string, CollectionSpec> {
  return Object.fromEntries(
    Object.entries(collections).map(([name, definition]) => {
      const path = `collections.${name}`
      if (typeof definition?.fields !== "object") throw refused(path, "A declared collection is made by collection().")
      return [checkCollection(name), { fields: definition.fields }]
    }),
  )
}

function sameKeys(a: Keys, b: Keys): boolean {
  return a.request.kind === b.request.kind && a.ask === b.ask && bytesOf(a) === bytesOf(b)
}

const bytesOf = ({ request }: Keys) => (request.kind === "raw" ? request.bytes.join() : "")
