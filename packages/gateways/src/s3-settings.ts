/**
 * What an application says of a bucket of S3. Owns: the options of `s3`, their checks, the addresses that follow from them.
 * Invariant: whatever is wrong with them is said when the gateway is made. Must not know requests: pages load this.
 */
import { FixpointError } from "@fixpoint/core/errors"

/** What a bucket knows a caller by. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of credentials that end after a while. */
  readonly sessionToken?: string | undefined
}

/** A request that a server of the application is to sign, so that no credentials leave it. */
export interface PresignRequest {
  readonly method: "GET" | "PUT" | "DELETE"
  /** The whole key, with the prefix; empty for a list of the bucket. */
  readonly key: string
  /** Parameters of the address, to be signed with it. */
  readonly query: Readonly<Record<string, string>>
}

/** Gives the signed address of a request. */
export type Presign = (request: PresignRequest) => Promise<string>

interface S3CommonOptions {
  /** Where in the bucket the objects lie, such as `my-app/`; a slash at its end is added. */
  readonly prefix?: string | undefined
  /** How long a request may take beside the time for its bytes, in ms; 30,000 otherwise. */
  readonly timeoutMs?: number | undefined
}

/** A bucket that is called with credentials. */
export interface S3BucketOptions extends S3CommonOptions {
  /** Such as `https://s3.eu-central-1.amazonaws.com` or `http://127.0.0.1:7480`. */
  readonly endpoint: string
  readonly bucket: string
  /** As the server calls its own; `us-east-1` otherwise, which most servers take. */
  readonly region?: string | undefined
  /** Whether the bucket stands in the path of an address or in its host; in the path otherwise, but at AWS. */
  readonly forcePathStyle?: boolean | undefined
  /** Credentials, or what gives them; it is asked again when they are refused. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>)
}

/** A bucket that is called over addresses which a server signs. */
export interface S3PresignedOptions extends S3CommonOptions {
  readonly presign: Presign
}

/** What `s3` takes. */
export type S3Options = S3BucketOptions | S3PresignedOptions

/** Where a bucket is. */
export interface BucketAddress {
  readonly origin: string
  /** Of the bucket, without a slash at its end, encoded. */
  readonly path: string
}

/** The options, checked and complete. */
export interface S3Settings {
  readonly name: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  readonly timeoutMs: number
  readonly address: BucketAddress
  readonly region: string
  readonly credentials: S3BucketOptions["credentials"] | undefined
  readonly presign: Presign | undefined
}

const timeoutMs = 30_000
const bucketForm = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/

/** Checks the options. */
export function s3Settings(options: S3Options): S3Settings {
  const prefix = folderOf(options.prefix ?? "")
  const common = { prefix, timeoutMs: options.timeoutMs ?? timeoutMs }
  if ("presign" in options) {
    if (typeof options.presign !== "function") throw wrong("presign", "presign is no function.")
    const address = { origin: "", path: "" }
    const name = `s3: presigned/${prefix}`
    return { ...common, name, address, region: "", credentials: undefined, presign: options.presign }
  }
  const { bucket, region = "us-east-1", credentials } = options
  const endpoint = endpointOf(options.endpoint)
  if (!bucketForm.test(bucket)) throw wrong("bucket", "This is no name of a bucket.")
  if (!/^[a-z0-9-]{1,40}$/.test(region)) throw wrong("region", "This is no name of a region.")
  if (typeof credentials !== "function") checkCredentials(credentials)
  const isInPath = options.forcePathStyle ?? !endpoint.hostname.endsWith(".amazonaws.com")
  const base = endpoint.pathname.replace(/\/$/, "")
  const address = isInPath
    ? { origin: endpoint.origin, path: `${base}/${bucket}` }
    : { origin: `${endpoint.protocol}//${bucket}.${endpoint.host}`, path: base }
  const name = `s3: ${endpoint.host}/${bucket}/${prefix}`
  return { ...common, name, address, region, credentials, presign: undefined }
}

function checkCredentials(credentials: S3Credentials | undefined): void {
  const { accessKeyId, secretAccessKey } = credentials ?? {}
  if (typeof accessKeyId === "string" && typeof secretAccessKey === "string" && accessKeyId && secretAccessKey) return
  throw wrong("credentials", "Credentials are an accessKeyId and a secretAccessKey, or a function that gives them.")
}

/** The address of a server. What could be a credential in it is refused, as names and logs tell it. */
export function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain =
    url !== undefined && url.username === "" && url.password === "" && url.search === "" && url.hash === ""
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw wrong("endpoint", "An endpoint is the http address of a server, without credentials or parameters.")
  return url
}

/** A prefix with a slash at its end, or none. */
export function folderOf(prefix: string): string {
  const plain = prefix.replaceAll(/^\/|\/$/g, "")
  if (/^[A-Za-z0-9!_~./-]{0,256}$/.test(plain) && !/(^|\/)\.{0,2}(\/|$)/.test(plain || "a")) return plain && `${plain}/`
  throw wrong("prefix", "A prefix has parts of letters, digits and ! _ ~ - . with slashes between.")
}

function wrong(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}
