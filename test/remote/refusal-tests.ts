/** What a server refuses, and why: each with its code, what goes on working, and what passes when the reason is gone. */
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { type IncomingMessage, request } from "node:http"
import { buffer } from "node:stream/consumers"
import { inspect } from "node:util"
import type { Gateway } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { s3 } from "@fixpoint/gateways/s3"
import { describe, expect, test } from "vitest"
import { openS3 } from "../../packages/gateways/src/s3-gateway.ts"
import { s3Settings } from "../../packages/gateways/src/s3-settings.ts"
import { webEffects } from "../../packages/gateways/src/web-effects.ts"
import { administer } from "../harness/object-store.ts"
import type { Radosgw } from "../harness/radosgw.ts"
import { gatewayTo, presignFor } from "./s3-place.ts"

const body = new Uint8Array([1, 2, 3])
const hourMs = 3_600_000

const verbs: Record<string, (gateway: Gateway) => Promise<unknown>> = {
  get: (gateway) => gateway.get("a"),
  put: (gateway) => gateway.put("a", body),
  list: (gateway) => gateway.list(""),
  delete: (gateway) => gateway.delete("a"),
}

/** The code of each verb's failure; "done" where there is none. Nothing of what was told names a secret. */
async function codesOf(gateway: Gateway, ...secrets: readonly string[]): Promise<Record<string, string>> {
  const codes: Record<string, string> = {}
  for (const [verb, call] of Object.entries(verbs)) {
    const thrown: unknown = await call(gateway).catch((error: unknown) => error)
    codes[verb] = thrown instanceof FixpointError ? thrown.code : "done"
    for (const secret of ["testsecretkey", ...secrets]) expect(inspect(thrown, { depth: 9 })).not.toContain(secret)
  }
  return codes
}

const all = (code: string) => ({ get: code, put: code, list: code, delete: code })

/** Registers the tests on a server that has started when they run. */
export function describeRefusals(server: () => Radosgw, bucket: string): void {
  describe("refusals", () => {
    describeCredentials(server, bucket)
    describeUsers(server, bucket)
    describeAddresses(server, bucket)
  })
}

const prefix = () => `test/${randomUUID()}`

function describeCredentials(server: () => Radosgw, bucket: string): void {
  test("a wrong secret, and a key that nobody has", async () => {
    const { keys } = server()
    const wrong = { ...keys, secretAccessKey: "wrong-3f1c" }
    expect(await codesOf(gatewayTo(server(), bucket, { credentials: wrong }), "wrong-3f1c")).toEqual(all("REMOTE_AUTH"))
    const unknown = { ...keys, accessKeyId: "NOBODY" }
    expect(await codesOf(gatewayTo(server(), bucket, { credentials: unknown }), "NOBODY")).toEqual(all("REMOTE_AUTH"))
  })

  test("credentials() is asked once for all, and again when they are refused", async () => {
    const { keys } = server()
    let asked = 0
    const credentials = async () => (asked++ === 0 ? { ...keys, secretAccessKey: "of yesterday" } : keys)
    const gateway = gatewayTo(server(), bucket, { credentials, prefix: prefix() })
    expect(await codesOf(gateway)).toEqual(all("done"))
    expect(asked).toBe(2)
  })

  test("credentials() that gives nothing, or fails", async () => {
    const nothing = gatewayTo(server(), bucket, { credentials: async () => undefined as never })
    expect(await codesOf(nothing)).toEqual(all("REMOTE_AUTH"))
    let asked = 0
    const failing = async () => {
      if (asked++ === 0) throw new FixpointError("REMOTE_UNAVAILABLE")
      return server().keys
    }
    const gateway = gatewayTo(server(), bucket, { credentials: failing, prefix: prefix() })
    expect(await codesOf(gateway)).toEqual({ ...all("done"), get: "REMOTE_UNAVAILABLE" })
  })

  test("a signed address that is too old is asked for anew, once", async () => {
    let asked = 0
    const old = { signedAtMs: Date.now() - hourMs, seconds: 60 }
    const presigned = (isStale: () => boolean) =>
      s3({
        prefix: prefix(),
        presign: (request) => presignFor(server(), bucket, request, isStale() ? old : {}),
      })
    expect(await codesOf(presigned(() => asked++ % 2 === 0))).toEqual(all("done"))
    const stale = await codesOf(presigned(() => true))
    for (const code of Object.values(stale)) expect(code).toMatch(/^REMOTE_(AUTH|AUTH_EXPIRED|READ_ONLY)$/)
  })
}

function describeUsers(server: () => Radosgw, bucket: string): void {
  test("a user who may only read", async () => {
    const reader = { accessKeyId: "READERKEY00000000001", secretAccessKey: "readersecret" }
    await server().addUser("reader", reader)
    await allowReading(server(), bucket, "reader")
    const place = prefix()
    await gatewayTo(server(), bucket, { prefix: place }).put("a", body)
    const gateway = gatewayTo(server(), bucket, { credentials: reader, prefix: place })
    expect(await codesOf(gateway, "readersecret")).toEqual({
      get: "done",
      list: "done",
      put: "REMOTE_READ_ONLY",
      delete: "REMOTE_READ_ONLY",
    })
    expect(await gateway.get("a")).toMatchObject({ kind: "found", body })
    expect(await gateway.capabilities()).toEqual({
      createIfAbsent: false,
      strongList: false,
      serverTime: false,
      copies: true,
    })
  })

  test("a user who is suspended, and is not any more", async () => {
    const keys = { accessKeyId: "SUSPENDED00000000001", secretAccessKey: "suspendedsecret" }
    await server().addUser("suspended", keys)
    const own = `fixpoint-${randomUUID()}`
    await server().makeBucket(own, keys)
    const gateway = gatewayTo(server(), own, { credentials: keys })
    await gateway.put("a", body)
    await server().admin("user", "suspend", "--uid", "suspended")
    expect(await codesOf(gateway)).toEqual(all("REMOTE_AUTH"))
    await server().admin("user", "enable", "--uid", "suspended")
    expect(await gateway.get("a")).toMatchObject({ kind: "found", body })
  })

  test("a full bucket: what is there can be read", async () => {
    const keys = { accessKeyId: "QUOTAKEY000000000001", secretAccessKey: "quotasecret" }
    await server().addUser("quota", keys)
    const own = `fixpoint-${randomUUID()}`
    await server().makeBucket(own, keys)
    const gateway = gatewayTo(server(), own, { credentials: keys })
    await gateway.put("a", body)
    await server().admin("quota", "set", "--quota-scope", "user", "--uid", "quota", "--max-size", "4096")
    await server().admin("quota", "enable", "--quota-scope", "user", "--uid", "quota")
    const full: unknown = await gateway.put("b", new Uint8Array(100_000)).catch((error: unknown) => error)
    expect(full).toMatchObject({ code: "REMOTE_QUOTA", kind: "quota", retryable: false })
    expect(await gateway.get("a")).toMatchObject({ kind: "found", body })
    await gateway.delete("a")
  })
}

function describeAddresses(server: () => Radosgw, bucket: string): void {
  test("a bucket that is not there", async () => {
    expect(await codesOf(gatewayTo(server(), "no-such-bucket"))).toEqual(all("REMOTE_NO_BUCKET"))
  })

  for (const shiftMs of [-hourMs, hourMs])
    test(`a clock that is ${shiftMs < 0 ? "late" : "early"} by an hour is corrected by the server's`, async () => {
      const { endpoint, keys } = server()
      const settings = s3Settings({ endpoint, bucket, credentials: keys, prefix: prefix() })
      let sent = 0
      const effects = {
        ...webEffects(),
        clock: { ...webEffects().clock, now: () => Date.now() + shiftMs },
        fetch: (url: string, init: RequestInit) => (sent++, webEffects().fetch(url, init)),
      }
      expect(await codesOf(openS3(settings, effects))).toEqual(all("done"))
      expect(sent).toBe(5)
      const blind = {
        ...effects,
        fetch: async (url: string, init: RequestInit) => withoutDate(await webEffects().fetch(url, init)),
      }
      expect(await codesOf(openS3(settings, blind))).toEqual(all("REMOTE_CLOCK_SKEW"))
    })

  test("the bucket's name in the host", async () => {
    const { endpoint, keys } = server()
    const { port } = new URL(endpoint)
    const there = { endpoint: `http://localhost:${port}`, bucket, credentials: keys, forcePathStyle: false }
    const settings = s3Settings({ ...there, prefix: prefix() })
    // Names below localhost lead here in browsers, and nowhere in Node.
    const here = (url: string, init: RequestInit) => {
      expect(new URL(url).host).toBe(`${bucket}.localhost:${port}`)
      return fetchFrom("127.0.0.1", url, init)
    }
    const gateway = openS3(settings, { ...webEffects(), fetch: here })
    expect(await codesOf(gateway)).toEqual(all("done"))
    await gateway.put("b", body)
    expect((await gateway.list("")).keys).toMatchObject([{ key: "b", size: 3 }])
  })
}

/** A request to the host that the address names, at another address. */
async function fetchFrom(hostname: string, address: string, { method, headers, body }: RequestInit): Promise<Response> {
  const { host, port, pathname, search } = new URL(address)
  const all = { ...(headers as Record<string, string>), host }
  const sent = request({ hostname, port, method, path: pathname + search, headers: all })
  sent.end(body)
  const [answer] = (await once(sent, "response")) as [IncomingMessage]
  const bytes = await buffer(answer)
  const status = answer.statusCode ?? 0
  return new Response(status === 204 ? null : new Uint8Array(bytes), { status, headers: answer.headers as HeadersInit })
}

function withoutDate(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.delete("date")
  return new Response(response.body, { status: response.status, headers })
}

async function allowReading(server: Radosgw, bucket: string, user: string): Promise<void> {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: [`arn:aws:iam:::user/${user}`] },
    Action: ["s3:GetObject", "s3:ListBucket"],
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  }
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
  await administer(server.endpoint, server.keys, { method: "PUT", path: `/${bucket}`, query: "policy", body: policy })
}
