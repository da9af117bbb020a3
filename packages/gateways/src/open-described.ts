/** Gateways from their descriptions. Owns: which kinds there are that work in any thread. */
import type { Gateway, GatewayDescription } from "@fixpoint/core/gateway"
import { openHttp } from "./http-gateway.ts"
import { type HttpOptions, httpSettings } from "./http-settings.ts"
import { openS3 } from "./s3-gateway.ts"
import { type S3Options, s3Settings } from "./s3-settings.ts"

/** The gateway of a description; undefined when its kind is another one's. */
export function openDescribed({ kind, settings }: GatewayDescription): Gateway | undefined {
  if (kind === "s3") return openS3(s3Settings(settings as unknown as S3Options))
  if (kind === "http") return openHttp(httpSettings(settings as unknown as HttpOptions))
  return undefined
}
