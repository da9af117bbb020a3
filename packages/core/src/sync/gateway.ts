/**
 * The Gateway seam: a bucket of objects that devices share. Everything else (retry, breaker, meter, limit, cache) wraps it.
 *
 * Contract, held by every implementation through one suite (testkit/contracts/gateway):
 * - An object appears as a whole or not at all. A GET that begins after a PUT, or a DELETE, has resolved sees its effect.
 * - With `createIfAbsent`, of several PUTs of one key with `ifAbsent` that run at once exactly one is `stored`.
 * - A failure does not tell whether a PUT or a DELETE had its effect: a timeout means unknown, never "not written".
 * - `list` gives keys in the order of their characters, none twice; with `strongList` it sees what has resolved before it.
 * - Outcomes that a caller must handle are values. Failures are FixpointErrors: REMOTE_…, LIMIT_SIZE for what is larger than
 *   `objectBytesMax`, INVALID_ARGUMENT for what is no key, and ABORTED, soon after the signal, whatever the remote does.
 * - `name`, errors and logs carry no credential, no signature and no object name.
 * - Byte arrays are owned by the receiver afterwards; nobody writes into one that has crossed the seam.
 * Must not know what an object holds: no byte that comes from a gateway is trusted before it was authenticated.
 */
import { FixpointError } from "../base/errors.ts"
import { objectKeyBytesMax } from "../base/limits.ts"

/** What a bucket can do. Found out by trying where it cannot be known (`probe` of @fixpoint/gateways/wrap). */
export interface GatewayCapabilities {
  /** `put` with `ifAbsent` never replaces an object. Where it is false, such a PUT may fail or replace. */
  readonly createIfAbsent: boolean
  /** `list` shows every PUT and DELETE that has resolved before. */
  readonly strongList: boolean
  /** What is found comes with the time of the remote's clock. */
  readonly serverTime: boolean
  /** Bytes that were put, and bytes that were found, are in nobody else's hands: large ones are let go as soon as they are of no use. */
  readonly copies?: boolean
}

/** An object, or why there is none. */
export type GetResult =
  /** `etag` is opaque, without quotes; it is empty when the remote told none. */
  | {
      readonly kind: "found"
      readonly body: Uint8Array
      readonly etag: string
      readonly serverTimeMs?: number
    }
  | { readonly kind: "notFound" }
  /** The object still has the etag of `ifNoneMatch`. */
  | { readonly kind: "notModified" }

/** What became of a PUT. */
export type PutResult =
  | { readonly kind: "stored"; readonly etag: string }
  /** There is an object of this key, which is left as it is. It may be the caller's own of an earlier attempt. */
  | { readonly kind: "exists" }

/** An object of a list. */
export interface ListedObject {
  readonly key: string
  readonly size: number
  readonly etag?: string
}

/** A page of a list. */
export interface ListResult {
  readonly keys: readonly ListedObject[]
  /** There may be more: `after` of the next page. */
  readonly next?: string
}

/** What every call takes. */
export interface GatewayCallOptions {
  readonly signal?: AbortSignal | undefined
}

/** How `get` asks. */
export interface GetOptions extends GatewayCallOptions {
  /** The etag of what the caller has. */
  readonly ifNoneMatch?: string | undefined
  /** Bytes from the first number up to, not including, the second; of them what there is. */
  readonly range?: readonly [start: number, end: number] | undefined
}

/** How `put` writes. */
export interface PutOptions extends GatewayCallOptions {
  /** Only when there is no object of this key. */
  readonly ifAbsent?: boolean | undefined
}

/** Which part of a list is asked for. */
export interface ListOptions extends GatewayCallOptions {
  /** Only keys greater than this. */
  readonly after?: string | undefined
  /** At most so many keys, 1 to 1000, which is the default. */
  readonly limit?: number | undefined
}

/**
 * A gateway as plain data, for another thread to make it there. Functions among the settings, such as `credentials`, stay where
 * they are: they are given as proxies, which answer with promises.
 */
export interface GatewayDescription {
  readonly kind: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** A bucket, or what is below a prefix of one. */
export interface Gateway {
  /** For logs and status: says which bucket, to a human. */
  readonly name: string
  /** Where the gateway can be made anew from what describes it; those around others have none. */
  readonly description?: GatewayDescription
  capabilities(options?: GatewayCallOptions): Promise<GatewayCapabilities>
  get(key: string, options?: GetOptions): Promise<GetResult>
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult>
  /** The objects whose keys begin with `prefix`. */
  list(prefix: string, options?: ListOptions): Promise<ListResult>
  /** Resolves whether or not there was an object. */
  delete(key: string, options?: GatewayCallOptions): Promise<void>
}

/**
 * Parts of `a-z 0-9 ! _ ~ - .`, joined by single slashes, none beginning or ending with a dot: what every object store, file
 * system and URL takes as it is, in one order everywhere. A key is never the folder of another one.
 */
const keyForm = /^(?!\.)[a-z0-9!_~.-]+(?<!\.)(\/(?!\.)[a-z0-9!_~.-]+(?<!\.))*$/
const prefixForm = /^[a-z0-9!_~./-]*$/

/** Whether `key` can be the key of an object. */
export function isObjectKey(key: string): boolean {
  return key.length <= objectKeyBytesMax && keyForm.test(key)
}

/** Stops the caller unless `key` can be the key of an object. */
export function checkObjectKey(key: string): void {
  if (isObjectKey(key)) return
  throw new FixpointError("INVALID_ARGUMENT", "This is no key of an object.", { details: { path: "key" } })
}

/** Stops the caller unless `prefix` can be the beginning of a key; all keys begin with the empty one. */
export function checkObjectPrefix(prefix: string): void {
  if (prefix.length <= objectKeyBytesMax && prefixForm.test(prefix)) return
  throw new FixpointError("INVALID_ARGUMENT", "No key can begin with this.", { details: { path: "prefix" } })
}
