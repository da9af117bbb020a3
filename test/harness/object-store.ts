/**
 * What tests need of any S3 server they start. Owns: which servers this machine has, free ports, raw signed requests.
 */
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { signRequest } from "../../packages/gateways/src/sigv4.ts"

/** Servers that can be started here. */
export type StoreKind = "radosgw" | "swift"

/** Keys of a user. */
export interface UserKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

interface Known {
  readonly paths: readonly string[]
}
const known: Record<StoreKind, Known> = JSON.parse(readFileSync(new URL("object-stores.json", import.meta.url), "utf8"))

/** Whether a server is installed; says it once when it is not, as what is left out must be seen. */
export function isInstalled(kind: StoreKind): boolean {
  const missing = known[kind].paths.filter((path) => !existsSync(path))
  if (missing.length > 0) process.stderr.write(`left out, not installed on this machine: ${kind} (${missing[0]})\n`)
  return missing.length === 0
}

/** Ports that nobody listens on, for servers that must be told theirs. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"))
  await Promise.all(servers.map((server) => once(server, "listening")))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), "close")))
  return ports
}

/** Resolves when the address answers with any of the statuses. */
export async function answering(url: string, limitMs: number, statuses = [200]): Promise<void> {
  const until = performance.now() + limitMs
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    )
    if (statuses.includes(status)) return
    if (performance.now() > until) throw new Error(`${url} answers ${status} after ${limitMs} ms`)
    await delay(50)
  }
}

/** A request that no gateway makes: buckets, their rules and policies. Throws unless it succeeds. */
export async function administer(
  endpoint: string,
  credentials: UserKeys,
  request: { readonly method: string; readonly path: string; readonly query?: string; readonly body?: string },
): Promise<void> {
  const body = new TextEncoder().encode(request.body ?? "")
  const md5 = createHash("md5").update(body).digest("base64")
  const { url, headers } = await signRequest(
    crypto.subtle,
    {
      method: request.method,
      origin: endpoint,
      path: request.path,
      query: request.query === undefined ? {} : { [request.query]: "" },
      headers: body.length === 0 ? {} : { "content-md5": md5 },
      body,
    },
    { credentials, region: "us-east-1", atMs: Date.now() },
  )
  const response = await fetch(url, { method: request.method, headers, ...(body.length === 0 ? {} : { body }) })
  if (response.status >= 300) throw new Error(`${request.method} ${request.path}: ${await response.text()}`)
}
