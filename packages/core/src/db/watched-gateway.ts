/**
 * A gateway as one link uses it: ended with the link, and watched. Owns: the signal and the news of each call.
 * Must not know what is called for.
 */
import type { Gateway } from "../sync/gateway.ts"

/** A call that was made. */
export type Verb = "get" | "put" | "list" | "delete"

/** The gateway with every call under a signal; `onCall` is told of each when it is made. */
export function watchedGateway(gateway: Gateway, signal: AbortSignal, onCall: (verb: Verb) => void): Gateway {
  return {
    name: gateway.name,
    capabilities: () => gateway.capabilities({ signal }),
    get(key, options) {
      onCall("get")
      return gateway.get(key, { ...options, signal })
    },
    put(key, body, options) {
      onCall("put")
      return gateway.put(key, body, { ...options, signal })
    },
    list(prefix, options) {
      onCall("list")
      return gateway.list(prefix, { ...options, signal })
    },
    delete(key) {
      onCall("delete")
      return gateway.delete(key, { signal })
    },
  }
}
