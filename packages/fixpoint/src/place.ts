/**
 * Where a database is kept. Owns: the choice between what was asked for and what the platform has.
 * Invariant: data is kept in memory only where that was asked for, or where the platform refuses storage and nothing was ever
 * stored there, and then it is announced. A failure of storage that exists is never turned into an empty memory.
 */
import { type Host, type MemoryDisk, onDemand, type Sentinel, type Store } from "@fixpoint/core"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { parts } from "./parts.ts"
import type { Place, Platform } from "./platform.ts"
import type { Storage } from "./protocol.ts"

/** Disks that have a label live as long as their thread. */
const labelled = new Map<string, MemoryDisk>()

/** A place in memory; with a label, the one of that name and label. */
function memoryPlace(name: string, label?: string): Place {
  const key = JSON.stringify([label, name])
  const load = onDemand("memory", parts.memory)
  const held: { disk?: MemoryDisk | undefined } = {}
  return {
    async openStore() {
      const { createMemoryDisk, createMemoryStore } = await load()
      held.disk ??= labelled.get(key) ?? createMemoryDisk()
      if (label !== undefined) labelled.set(key, held.disk)
      return createMemoryStore(held.disk)
    },
    destroyStorage: async () => void labelled.delete(key),
  }
}

/** What the choice is made from. */
export interface PlaceRequest {
  readonly name: string
  readonly storage: Storage
  readonly platform: Platform
  readonly host: Host
  /** Told when data will be kept in memory though nobody asked for it. */
  announce(refusal: FixpointError): void
}

/** The place for a database, and the sentinel that watches over it. */
export function choosePlace(request: PlaceRequest): Place & { readonly sentinel: Sentinel } {
  const { name, storage, host } = request
  if (storage === "memory") return { ...memoryPlace(name), sentinel: noSentinel }
  if (typeof storage === "object" && "memory" in storage)
    return { ...memoryPlace(name, storage.memory), sentinel: noSentinel }
  const place = request.platform.place(name, storage, host)
  if (place !== undefined && storage !== "auto") return { ...place, sentinel: sentinelOf(place, host) }
  if (storage === "auto") return fallingBack(place, request)
  throw new FixpointError("INVALID_ARGUMENT", "This platform has no storage of this kind.", {
    details: { path: "storage" },
  })
}

function fallingBack(place: Place | undefined, { name, host, announce }: PlaceRequest): ReturnType<typeof choosePlace> {
  const memory = memoryPlace(name)
  const kept = place && sentinelOf(place, host)
  let isKept = place !== undefined
  const openStore = async (): Promise<Store> => {
    if (place !== undefined && isKept) {
      try {
        return await place.openStore()
      } catch (error) {
        if (!isFixpointError(error, "STORE_UNAVAILABLE") || (await kept?.read("")) !== undefined) throw error
        isKept = false
        announce(error)
      }
    } else announce(new FixpointError("STORE_UNAVAILABLE", "This platform has no storage."))
    return await memory.openStore()
  }
  const sentinel: Sentinel = {
    read: async () => (isKept ? await kept?.read("") : undefined),
    write: async (_, record) => (isKept ? await kept?.write("", record) : undefined),
    remove: async () => (isKept ? await kept?.remove("") : undefined),
  }
  return { openStore, destroyStorage: async () => await place?.destroyStorage(), sentinel }
}

const noSentinel: Sentinel = {
  read: async () => undefined,
  write: async () => undefined,
  remove: async () => undefined,
}

/** Each place is watched over under its own name, so that two folders with a database of one name are not taken for one. */
function sentinelOf({ sentinelName }: Place, { sentinel }: Host): Sentinel {
  if (sentinelName === undefined) return noSentinel
  return {
    read: () => sentinel.read(sentinelName),
    write: (_, record) => sentinel.write(sentinelName, record),
    remove: () => sentinel.remove(sentinelName),
  }
}
