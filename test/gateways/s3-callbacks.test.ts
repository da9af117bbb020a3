// What an application is asked for by gateways: credentials, addresses, headers. Asked once for all, never waited for too long, and
// whatever it throws is told with a code. The server is a function here, as it is not what is tested.
import type { Gateway } from "@fixpoint/core"
import type { FixpointError } from "@fixpoint/core/errors"
import { type Presign, s3, type S3Credentials } from "@fixpoint/gateways/s3"
import { http } from "@fixpoint/gateways/http"
import { expect, test, vi } from "vitest"
import { openS3 } from "../../packages/gateways/src/s3-gateway.ts"
import { s3Settings } from "../../packages/gateways/src/s3-settings.ts"
import { webEffects } from "../../packages/gateways/src/web-effects.ts"

const endpoint = "http://127.0.0.1:9"
const keysOf = (n: number): S3Credentials => ({ accessKeyId: `key${n}`, secretAccessKey: `secret${n}` })
const refusal = "<Error><Code>InvalidAccessKeyId</Code></Error>"

/** A gateway to a server that knows one key alone, and how often it was called. */
function serverOf(known: () => string, credentials: () => Promise<S3Credentials>, timeoutMs = 10_000) {
  const calls = { count: 0 }
  const fetch = async (_: string, { headers }: RequestInit) => {
    calls.count++
    const { authorization = "" } = headers as Record<string, string>
    const isKnown = authorization.includes(`Credential=${known()}/`)
    return new Response(isKnown ? "" : refusal, { status: isKnown ? 200 : 403, headers: { etag: '"x"' } })
  }
  const settings = s3Settings({ endpoint, bucket: "bucket", credentials, timeoutMs })
  return { gateway: openS3(settings, { ...webEffects(), fetch }), calls }
}

test("many calls that are refused at once ask for credentials once", async () => {
  let asked = 0
  const { gateway, calls } = serverOf(
    () => "key2",
    async () => keysOf(++asked),
  )
  const found = await Promise.all(Array.from({ length: 6 }, (_, n) => gateway.get(`a/${n}`)))
  expect(found.every(({ kind }) => kind === "found")).toBe(true)
  expect([asked, calls.count]).toEqual([2, 12])
})

test("credentials that are refused and stay the same are not tried again", async () => {
  let asked = 0
  const { gateway, calls } = serverOf(
    () => "another",
    async () => (asked++, keysOf(1)),
  )
  await expect(gateway.get("a")).rejects.toMatchObject({ code: "REMOTE_AUTH" })
  expect([asked, calls.count]).toEqual([2, 1])
})

test("credentials() that hung once is asked again by the next call", async () => {
  let asked = 0
  const credentials = () => (asked++ === 0 ? new Promise<never>(() => undefined) : Promise.resolve(keysOf(2)))
  const { gateway } = serverOf(() => "key2", credentials, 200)
  await expect(gateway.get("a")).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
  expect((await gateway.get("a")).kind).toBe("found")
})

const options = { endpoint, bucket: "bucket", timeoutMs: 300 }
const asking: Record<string, (answer: () => Promise<never>) => Gateway> = {
  credentials: (answer) => s3({ ...options, credentials: answer }),
  presign: (answer) => s3({ presign: answer as Presign, timeoutMs: 300 }),
  headers: (answer) => http({ url: endpoint, headers: answer, timeoutMs: 300 }),
}
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: FixpointError) => error,
  )

for (const [name, open] of Object.entries(asking)) {
  test(`${name}() that throws is told with a code`, async () => {
    const gateway = open(async () => {
      throw new TypeError("the application's own")
    })
    const failure = await failureOf(gateway.get("a"))
    expect(failure).toMatchObject({ code: "REMOTE_UNAVAILABLE", retryable: true, details: { reason: name } })
    expect(JSON.stringify(failure)).not.toContain("own")
  })

  test(`${name}() that gives no answer is not waited for`, async () => {
    const gateway = open(() => new Promise(() => undefined))
    expect(await failureOf(gateway.get("a"))).toMatchObject({ code: "REMOTE_TIMEOUT", details: { reason: name } })
    const abort = new AbortController()
    const asked = failureOf(gateway.get("a", { signal: abort.signal }))
    abort.abort()
    expect(await asked).toMatchObject({ code: "ABORTED" })
  })
}

test.each(["with", "without"])("an answer that comes in parts is whole on a platform %s channels", async (has) => {
  if (has === "without") vi.stubGlobal("MessageChannel", undefined)
  try {
    const parts = [new Uint8Array(70_000).fill(1), new Uint8Array(50_000).fill(2)]
    const stream = () =>
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part)
          controller.close()
        },
      })
    const fetch = async () => new Response(stream(), { status: 200, headers: { etag: '"x"' } })
    const settings = s3Settings({ endpoint, bucket: "bucket", credentials: async () => keysOf(1) })
    const found = await openS3(settings, { ...webEffects(), fetch }).get("a")
    const body = found.kind === "found" ? found.body : new Uint8Array()
    expect([body.length, body[0], body.at(-1)]).toEqual([120_000, 1, 2])
  } finally {
    vi.unstubAllGlobals()
  }
})
