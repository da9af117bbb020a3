/**
 * A gateway that counts. Owns: requests and bytes by verb, and what they cost.
 * Invariant: a request counts when it is made, whatever becomes of it, as it does on a bill.
 */
import type { Gateway } from "@fixpoint/core/gateway"

/** What was counted. */
export interface Meter {
  readonly requests: { get: number; put: number; list: number; delete: number }
  /** Bodies of objects. */
  readonly bytes: { in: number; out: number }
}

/** What a provider asks for, in US dollars. */
export interface Prices {
  readonly get: number
  readonly put: number
  readonly list: number
  readonly delete: number
  /** For each byte that is read. */
  readonly byteIn: number
}

/** Amazon S3, us-east-1, to the internet, November 2026. */
export const s3Prices: Prices = { get: 4e-7, put: 5e-6, list: 5e-6, delete: 0, byteIn: 0.09 / 1e9 }

/** A meter at zero. */
export function createMeter(): Meter {
  return { requests: { get: 0, put: 0, list: 0, delete: 0 }, bytes: { in: 0, out: 0 } }
}

/** What the counted costs. */
export function dollarsOf({ requests, bytes }: Meter, prices: Prices = s3Prices): number {
  const { get, put, list } = requests
  const calls = get * prices.get + put * prices.put + list * prices.list + requests.delete * prices.delete
  return calls + bytes.in * prices.byteIn
}

/** Counts the calls of a gateway on a meter; several may share one. */
export function metered(gateway: Gateway, meter: Meter): Gateway {
  const { requests, bytes } = meter
  return {
    name: gateway.name,
    capabilities: (options) => gateway.capabilities(options),
    async get(key, options) {
      requests.get++
      const result = await gateway.get(key, options)
      if (result.kind === "found") bytes.in += result.body.length
      return result
    },
    put(key, body, options) {
      requests.put++
      bytes.out += body.length
      return gateway.put(key, body, options)
    },
    list(prefix, options) {
      requests.list++
      return gateway.list(prefix, options)
    },
    delete(key, options) {
      requests.delete++
      return gateway.delete(key, options)
    },
  }
}
