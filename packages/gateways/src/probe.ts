/**
 * What a bucket can do, found out by trying. Owns: the tries. Invariant: nothing is left behind when it ends well; what was seen
 * to fail is told as missing, and what was not seen to fail as there: weak lists are found out by chance alone.
 */
import type { Host } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import { type Gateway, type GatewayCallOptions, type GatewayCapabilities, toHex } from "@fixpoint/core/gateway"

type Verbs = Pick<Gateway, "get" | "put" | "list" | "delete">

const listRounds = 2
const keyBytes = 12

/** Tries what a bucket can do, on one key of its own. Credentials that may only read can do nothing of it. */
export async function probe(
  gateway: Verbs,
  { random }: Pick<Host, "random">,
  { signal }: GatewayCallOptions = {},
): Promise<GatewayCapabilities> {
  const key = `probe/${toHex(random(keyBytes))}`
  try {
    const createIfAbsent = await createsOnce(gateway, key, signal)
    await gateway.put(key, new Uint8Array([0]), { signal })
    const seen = await gateway.get(key, { signal })
    const serverTime = seen.kind === "found" && seen.serverTimeMs !== undefined
    const strongList = await listsAtOnce(gateway, key, signal)
    return { createIfAbsent, strongList, serverTime }
  } catch (error) {
    if (!isFixpointError(error, "REMOTE_READ_ONLY")) throw error
    return { createIfAbsent: false, strongList: false, serverTime: false }
  }
}

/** Of two that create one key at once exactly one may, and a third may not. */
async function createsOnce(gateway: Verbs, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  const create = (mark: number) => gateway.put(key, new Uint8Array([mark]), { ifAbsent: true, signal })
  try {
    const outcomes = await Promise.all([create(1), create(2)])
    const third = await create(3)
    return outcomes.filter(({ kind }) => kind === "stored").length === 1 && third.kind === "exists"
  } catch (error) {
    if (isFixpointError(error, "REMOTE_UNSUPPORTED")) return false
    throw error
  }
}

async function listsAtOnce(gateway: Verbs, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  const isListed = async () => (await gateway.list(key, { signal })).keys.some((listed) => listed.key === key)
  let isStrong = true
  for (let round = 0; round < listRounds; round++) {
    if (round > 0) await gateway.put(key, new Uint8Array([round]), { signal })
    isStrong = (await isListed()) && isStrong
    await gateway.delete(key, { signal })
    isStrong = !(await isListed()) && isStrong
  }
  return isStrong
}

/** A finding that is made once, for all who ask; one that failed is made anew. */
export function once<O, T>(find: (options?: O) => Promise<T>): (options?: O) => Promise<T> {
  let found: T | undefined
  return async (options) => (found ??= await find(options))
}
