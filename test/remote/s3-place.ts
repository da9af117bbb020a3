/** Places on S3 servers for tests of gateways. Owns: prefixes that nobody else uses, and addresses signed as a server would. */
import { randomUUID } from "node:crypto"
import type { Gateway } from "@fixpoint/core"
import { type PresignRequest, s3, type S3BucketOptions } from "@fixpoint/gateways/s3"
import type { GatewayPlace } from "@fixpoint/testkit/contracts"
import { SignatureV4 } from "@smithy/signature-v4"
import { encodePath, encodeQuery } from "../../packages/gateways/src/sigv4.ts"
import { Sha256 } from "../gateways/node-sha256.ts"
import type { UserKeys } from "../harness/object-store.ts"

/** Where a server is, and who calls. */
export interface S3Home {
  readonly endpoint: string
  readonly keys: UserKeys
  readonly region?: string
}

/** A gateway to a bucket. */
export function gatewayTo(home: S3Home, bucket: string, more: Partial<S3BucketOptions> = {}): Gateway {
  const { endpoint, keys, region } = home
  return s3({ endpoint, bucket, region, credentials: keys, ...more })
}

/** A place of its own in a bucket. */
export function placeIn(home: S3Home, bucket: string): GatewayPlace {
  const prefix = `test/${randomUUID()}`
  return { open: async () => gatewayTo(home, bucket, { prefix }) }
}

/** A place in a bucket that is called over signed addresses. */
export function presignedPlaceIn(home: S3Home, bucket: string): GatewayPlace {
  const prefix = `test/${randomUUID()}`
  return { open: async () => s3({ prefix, presign: (request) => presignFor(home, bucket, request) }) }
}

/** Signs an address as the server of an application does. */
export async function presignFor(
  { endpoint, keys, region = "us-east-1" }: S3Home,
  bucket: string,
  request: PresignRequest,
  expiry: { readonly signedAtMs?: number; readonly seconds?: number } = {},
): Promise<string> {
  const { protocol, hostname, port, host } = new URL(endpoint)
  const signer = new SignatureV4({
    credentials: keys,
    region,
    service: "s3",
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  })
  const { method, key, query } = request
  const path = encodePath(`/${bucket}/${key}`)
  const headers = { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }
  const signed = await signer.presign(
    { method, protocol, hostname, port: Number(port), path, query, headers },
    { expiresIn: expiry.seconds ?? 60, signingDate: new Date(expiry.signedAtMs ?? Date.now()) },
  )
  return `${endpoint}${path}?${encodeQuery(signed.query as Record<string, string>)}`
}
