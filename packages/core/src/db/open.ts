/**
 * Opens a database honestly. Owns: the order of the checks between an empty place and a ready one.
 * Invariant: a place where data was is never opened as an empty database, and nothing is created or written before the
 * key has been shown to be right. Must not know queries, tabs or the worker boundary.
 */
import { toHex } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Host, SentinelRecord } from "../base/host.ts"
import type { Logger } from "../base/log.ts"
import type { Loader } from "../base/on-demand.ts"
import type { Key } from "../codec/key.ts"
import type { KeyContext, KeySource } from "../crypto/keys.ts"
import { createVault } from "../crypto/vault.ts"
import { type Lsm, openLsm } from "../lsm/lsm.ts"
import { firstManifest } from "../lsm/manifest.ts"
import type { Identity, OpenStore, Store, StoreHeader } from "../lsm/store.ts"
import type { Upkeep } from "../lsm/upkeep.ts"

/** The format of this version's databases (docs/format.md). */
const databaseFormat = 1
const suite = 1

/** What opening needs. */
export interface OpenParts {
  readonly name: string
  readonly host: Host
  readonly log: Logger
  readonly openStore: OpenStore
  readonly keys: KeySource
  readonly parts: { readonly upkeep: Loader<Upkeep> }
  /** Whether a place where data was may be begun anew, as a bucket has it and the key is not lost with the place. */
  readonly recovers?: boolean
  /** See LsmOptions. */
  isGarbage?(key: Key): boolean
}

/** An open database, before anything runs on it. */
export interface Opened {
  readonly store: Store
  readonly identity: Identity
  readonly lsm: Lsm
  /** The key that all others come from. */
  readonly root: CryptoKey
  /** The storage came back shorter than it was: the newest writes of this device are gone. */
  readonly rolledBack: FixpointError | undefined
  /** What was here is gone, and this is its new beginning. */
  readonly loss: FixpointError | undefined
}

/** Opens or creates a database. Rejects with the code of what stands in the way; the store is closed then. */
export async function openDatabase(parts: OpenParts): Promise<Opened> {
  // The sentinel lies apart from the store, and both take their time: they are asked at once.
  const remembering = parts.host.sentinel.read(parts.name)
  // Whoever waits for it gets the failure; of a store that does not open, that is told instead.
  remembering.catch(() => undefined)
  const store = await parts.openStore()
  try {
    const found = await store.readHeader()
    const loss = found.identity === undefined ? lossOf(store, found, await remembering) : undefined
    if (loss !== undefined && parts.recovers !== true) throw loss
    const header = found.identity === undefined ? await createFresh(parts, store) : found
    const opened = await openExisting(parts, store, header, remembering)
    return loss === undefined ? opened : { ...opened, loss, rolledBack: undefined }
  } catch (error) {
    await store.close()
    throw error
  }
}

const keyContext = ({ host }: OpenParts, store: Store, databaseId: string): KeyContext => ({
  databaseId,
  host,
  storesKeys: store.persistence !== "fs",
})

/** What was in a place without an identity; STORE_TORN when some of it still is. */
function lossOf(store: Store, found: StoreHeader, memory: SentinelRecord | undefined): FixpointError | undefined {
  if (found.manifest !== undefined || found.head > 0)
    throw new FixpointError("STORE_TORN", "The identity record is missing while data is there.")
  if (memory !== undefined && store.persistence !== "memory")
    return new FixpointError("STORE_LOST", undefined, { details: { head: memory.head } })
  if (store.dataLoss !== undefined)
    return new FixpointError("STORE_LOST", undefined, { details: { reason: store.dataLoss } })
  return undefined
}

async function createFresh(parts: OpenParts, store: Store): Promise<StoreHeader> {
  const { host, keys, log } = parts
  const identity: Identity = { format: databaseFormat, suite, databaseId: toHex(host.random(16)) }
  try {
    const { root, record } = await keys.create(keyContext(parts, store, identity.databaseId))
    const vault = await createVault({ root, databaseId: identity.databaseId, host })
    const manifest = await firstManifest(vault, null)
    const outcome = await store.create({ identity, keys: record, manifest })
    if (outcome === "committed") log.info("created a database", { persistence: store.persistence })
  } catch (error) {
    // Nothing may stay behind of a database that could not be made; another tab's creation is not ours to remove.
    if ((await store.readHeader()).identity === undefined) await store.destroy()
    throw error
  }
  // Read back what was stored: another tab may have come first, and some platforms store a key and give back null.
  return await store.readHeader()
}

async function openExisting(
  parts: OpenParts,
  store: Store,
  header: StoreHeader,
  remembering: Promise<SentinelRecord | undefined>,
): Promise<Opened> {
  const { host, keys } = parts
  const { identity, manifest } = header
  if (identity === undefined) throw new FixpointError("STORE_TORN", "The identity record is missing.")
  if (identity.format > databaseFormat || identity.suite > suite)
    throw new FixpointError("STORE_NEWER", undefined, { details: { format: identity.format, known: databaseFormat } })
  if (header.keys === undefined) throw new FixpointError("STORE_TORN", "The record of keys is missing.")
  const root = await keys.open(header.keys, keyContext(parts, store, identity.databaseId))
  if (manifest === undefined) throw new FixpointError("STORE_TORN", "The manifest is missing.")
  const vault = await createVault({ root, databaseId: identity.databaseId, host })
  const { upkeep } = parts.parts
  const lsm = await openLsm({ ...parts, store, vault, host, header, upkeep })
  const rolledBack = findRollback(identity, header.head, await remembering)
  return { store, identity, lsm, root, rolledBack, loss: undefined }
}

/** The sentinel names only heads that a strict barrier has covered: a shorter log means lost writes. */
function findRollback(
  { databaseId }: Identity,
  head: number,
  memory: SentinelRecord | undefined,
): FixpointError | undefined {
  if (memory === undefined) return undefined
  const other = memory.databaseId !== databaseId
  if (!other && head >= memory.head) return undefined
  return new FixpointError("STORE_ROLLED_BACK", other ? "The storage holds another database than it did." : undefined, {
    details: { head, expected: memory.head },
  })
}
