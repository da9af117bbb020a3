/** A bucket of a server that speaks plain HTTP. Owns: what of it is there before the first call. */
import type { Gateway } from "@fixpoint/core/gateway"
import { type HttpOptions, httpSettings } from "./http-settings.ts"
import { onDemand } from "./on-demand.ts"

/** A bucket of `fixpoint serve`, or of any server with its dialect. Rejects wrong options with INVALID_ARGUMENT. */
export function http(options: HttpOptions): Gateway {
  const settings = httpSettings(options)
  const description = { kind: "http", settings: { ...options } }
  return onDemand(settings.name, description, async () => (await import("./http-gateway.ts")).openHttp(settings))
}
