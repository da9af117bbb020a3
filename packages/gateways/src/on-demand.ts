/**
 * A gateway whose code is loaded with its first call. Owns: the loading. Invariant: one load for all calls; a load that failed is
 * tried again. It carries its description, so that another thread can make it instead of this one.
 */
import type { Gateway, GatewayDescription } from "@fixpoint/core/gateway"

/** A gateway that `load` gives. */
export function onDemand(name: string, description: GatewayDescription, load: () => Promise<Gateway>): Gateway {
  let loading: Promise<Gateway> | undefined
  const loaded = async () => {
    loading ??= load()
    try {
      return await loading
    } catch (error) {
      loading = undefined
      throw error
    }
  }
  return {
    name,
    description,
    capabilities: async (options) => (await loaded()).capabilities(options),
    get: async (key, options) => (await loaded()).get(key, options),
    put: async (key, body, options) => (await loaded()).put(key, body, options),
    list: async (prefix, options) => (await loaded()).list(prefix, options),
    delete: async (key, options) => (await loaded()).delete(key, options),
  }
}
