/** What happens between a gateway and its server: nothing of it loses a write that was acknowledged, or makes one of a part. */
import { randomUUID } from "node:crypto"
import type { Gateway } from "@fixpoint/core"
import { retry } from "@fixpoint/gateways/wrap"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { webEffects } from "../../packages/gateways/src/web-effects.ts"
import { FaultProxy, type ProxyFault } from "../harness/fault-proxy.ts"
import type { Radosgw } from "../harness/radosgw.ts"
import { gatewayTo } from "./s3-place.ts"

const body = new Uint8Array([1, 2, 3])
const other = new Uint8Array([4, 5])
const portal: ProxyFault = {
  kind: "answer",
  status: 200,
  headers: { "content-type": "text/html" },
  body: "<!doctype html><title>Welcome</title><p>Sign in<br>",
}
const moved: ProxyFault = { kind: "answer", status: 302, headers: { location: "http://127.0.0.1:9/login" } }
const missing: ProxyFault = {
  kind: "answer",
  status: 404,
  headers: { "content-type": "text/html" },
  body: "<h1>404</h1>",
}

const answer = (status: number, headers: Record<string, string> = {}): ProxyFault => ({
  kind: "answer",
  status,
  headers,
})

const verbs: Record<string, (gateway: Gateway) => Promise<unknown>> = {
  get: (gateway) => gateway.get("a"),
  put: (gateway) => gateway.put("a", other),
  create: (gateway) => gateway.put("b", other, { ifAbsent: true }),
  list: (gateway) => gateway.list(""),
  delete: (gateway) => gateway.delete("a"),
}

/** A way to the server that a test can spoil, and a place behind it for each test. */
interface Line {
  readonly server: () => Radosgw
  readonly proxy: () => FaultProxy
  /** A gateway through the proxy, and one to the same place past it. */
  place(timeoutMs?: number): { readonly gateway: Gateway; readonly direct: Gateway }
}

/** Registers the tests on a server that has started when they run. */
export function describeNetwork(server: () => Radosgw, bucket: string): void {
  describe("the network", () => {
    const held: { proxy?: FaultProxy } = {}
    const proxy = () => held.proxy!
    beforeAll(async () => {
      held.proxy = await FaultProxy.start(server().endpoint)
    })
    afterAll(() => held.proxy?.stop())
    const place = (timeoutMs = 20_000) => {
      const prefix = `test/${randomUUID()}`
      const { keys } = server()
      return {
        direct: gatewayTo(server(), bucket, { prefix }),
        gateway: gatewayTo({ endpoint: proxy().url, keys }, bucket, { prefix, timeoutMs }),
      }
    }
    const line = { server, proxy, place }
    describeStrangers(line)
    describeLosses(line)
    describeDaemons(line)
  })
}

function describeStrangers({ proxy, place }: Line): void {
  for (const [what, fault, code] of [
    ["a portal's page", portal, "REMOTE_INTERCEPTED"],
    ["a portal's redirection", moved, "REMOTE_INTERCEPTED"],
    ["a proxy's page of what is missing", missing, "REMOTE_INTERCEPTED"],
    ["a network that wants a sign-in", answer(511), "REMOTE_INTERCEPTED"],
    ["an empty success", answer(200), "REMOTE_INTERCEPTED"],
    ["too many requests", answer(429), "REMOTE_THROTTLED"],
    ["a server that is busy", answer(503), "REMOTE_UNAVAILABLE"],
    ["a proxy without its server", answer(502), "REMOTE_UNAVAILABLE"],
    ["a connection that breaks", { kind: "reset" }, "REMOTE_UNAVAILABLE"],
  ] as const)
    test(`${what}: ${code}, and nothing has changed`, async () => {
      const { gateway, direct } = place()
      await direct.put("a", body)
      for (const [verb, call] of Object.entries(verbs)) {
        proxy().plan = () => fault
        await expect(call(gateway), verb).rejects.toMatchObject({ code, retryable: true })
      }
      proxy().plan = () => undefined
      expect(await direct.get("a")).toMatchObject({ kind: "found", body })
      expect(await direct.get("b")).toEqual({ kind: "notFound" })
      for (const call of Object.values(verbs)) await call(gateway)
    })
}

function describeLosses({ proxy, place }: Line): void {
  test("a PUT that a portal has answered is not stored, whatever the status says", async () => {
    const { gateway } = place()
    proxy().failNext({ kind: "answer", status: 200 })
    await expect(gateway.put("a", body)).rejects.toMatchObject({ code: "REMOTE_INTERCEPTED" })
  })

  test("a wish for fewer requests is told, and heard by retry", async () => {
    const { gateway } = place()
    proxy().failNext(answer(429, { "retry-after": "7" }))
    await expect(gateway.get("a")).rejects.toMatchObject({ details: { status: 429, retryAfterMs: 7000 } })
    proxy().failNext(answer(503), 2)
    expect(await retry(gateway, webEffects(), { delayMs: 5 }).put("a", body)).toMatchObject({ kind: "stored" })
  })

  test("a PUT whose answer was lost is met as one's own by the next", async () => {
    const { gateway } = place()
    proxy().failNext({ kind: "lost" })
    await expect(gateway.put("a", body, { ifAbsent: true })).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" })
    proxy().failNext({ kind: "lost" })
    const again = retry(gateway, webEffects(), { delayMs: 5 })
    expect(await again.put("a", body, { ifAbsent: true })).toEqual({ kind: "exists" })
    expect(await gateway.get("a")).toMatchObject({ kind: "found", body })
  })
}

function describeDaemons({ server, place }: Line): void {
  test("a PUT that the store held up until it timed out has arrived all the same", async () => {
    const { gateway, direct } = place(1500)
    await gateway.put("before", body)
    server().signal("ceph-osd", "SIGSTOP")
    try {
      await expect(gateway.put("a", body, { ifAbsent: true })).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
      await expect(gateway.get("before")).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
    } finally {
      server().signal("ceph-osd", "SIGCONT")
    }
    await expect.poll(async () => (await direct.get("a")).kind, { timeout: 20_000 }).toBe("found")
    expect(await direct.get("a")).toMatchObject({ kind: "found", body })
    expect(await direct.put("a", body, { ifAbsent: true })).toEqual({ kind: "exists" })
  })

  test("a server that accepts and is silent: the signal ends the call", async () => {
    const { gateway, direct } = place()
    await gateway.put("a", body)
    server().signal("radosgw", "SIGSTOP")
    try {
      const abort = new AbortController()
      const asked = direct.get("a", { signal: abort.signal })
      setTimeout(() => abort.abort(), 100)
      await expect(asked).rejects.toMatchObject({ code: "ABORTED" })
    } finally {
      server().signal("radosgw", "SIGCONT")
    }
    expect(await direct.get("a")).toMatchObject({ kind: "found", body })
  })

  test("a server that is killed in the middle of a PUT leaves all of it or nothing", async () => {
    const { gateway, direct } = place()
    const large = new Uint8Array(24 * 1024 * 1024).fill(7)
    await gateway.put("before", body)
    const put = direct.put("large", large, { ifAbsent: true }).then(
      ({ kind }) => kind,
      (error: { code: string }) => error.code,
    )
    await new Promise((resolve) => setTimeout(resolve, 30))
    await server().killGateway()
    const outcome = await put
    expect(outcome).toBe("REMOTE_UNAVAILABLE")
    await expect(direct.get("before")).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" })
    await server().startGateway()
    expect(await direct.get("before")).toMatchObject({ kind: "found", body })
    const seen = await direct.get("large")
    if (seen.kind === "found") expect(Buffer.compare(seen.body, large)).toBe(0)
    const again = await direct.put("large", large, { ifAbsent: true })
    expect(again.kind).toBe(seen.kind === "found" ? "exists" : "stored")
  }, 60_000)
}
