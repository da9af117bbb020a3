/** A bucket of an S3 server. Owns: what of it is there before the first call. */
import type { Gateway } from "@fixpoint/core/gateway"
import { onDemand } from "./on-demand.ts"
import { type S3Options, s3Settings } from "./s3-settings.ts"

/**
 * A bucket of any server that speaks S3. Give it credentials, or a function that gives them, or `presign`, which lets a server of
 * yours sign addresses, so that no credentials leave it. Rejects wrong options with INVALID_ARGUMENT.
 */
export function s3(options: S3Options): Gateway {
  const settings = s3Settings(options)
  const description = { kind: "s3", settings: { ...options } }
  return onDemand(settings.name, description, async () => (await import("./s3-gateway.ts")).openS3(settings))
}
