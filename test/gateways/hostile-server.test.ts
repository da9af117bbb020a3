// A server that means harm, or is none: every call ends, soon, with a code, and holds no more than its bound. For both gateways to
// the web, as they share how they call and not what they make of answers.
import { inspect } from "node:util"
import type { Gateway } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { http } from "@fixpoint/gateways/http"
import { s3 } from "@fixpoint/gateways/s3"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { FaultProxy, type ProxyFault } from "../harness/fault-proxy.ts"

const keys = { accessKeyId: "AKIDTEST", secretAccessKey: "secret-5d1f", sessionToken: "session-77aa" }
const secrets = ["secret-5d1f", "session-77aa", "AKIDTEST", "bearer-90cc"]
const timeoutMs = 1000

let server: FaultProxy
beforeAll(async () => {
  server = await FaultProxy.start()
})
afterAll(() => server.stop())

const gateways: Record<string, () => Gateway> = {
  s3: () => s3({ endpoint: server.url, bucket: "bucket", credentials: keys, timeoutMs }),
  http: () => http({ url: server.url, headers: { authorization: "bearer-90cc" }, timeoutMs }),
}

async function failureOf(work: Promise<unknown>): Promise<FixpointError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof FixpointError)) throw new Error(`no FixpointError but ${inspect(thrown)}`)
  for (const secret of secrets) expect(inspect(thrown, { depth: 9 })).not.toContain(secret)
  expect(JSON.stringify(thrown.details), "no object's name").not.toContain("p/0/name")
  return thrown
}

const page = "<!doctype html><title>Welcome</title>"
const html = { "content-type": "text/html" }
const dialect = { "fixpoint-bucket": "1" }
const answer = (status: number, headers: Record<string, string> = {}, body = ""): ProxyFault => ({
  kind: "answer",
  status,
  headers,
  body,
})

for (const [name, open] of Object.entries(gateways))
  describe(name, () => {
    test.each([
      ["a byte now and then", { kind: "slow" }, "REMOTE_TIMEOUT"],
      ["silence", { kind: "hang" }, "REMOTE_TIMEOUT"],
      ["a body of 100 GB", { kind: "huge" }, "LIMIT_SIZE"],
      ["a body without end", { kind: "endless" }, "LIMIT_SIZE"],
      ["a small body that becomes large", { kind: "bomb" }, "LIMIT_SIZE"],
      ["a body that is cut", { kind: "cut" }, "REMOTE_UNAVAILABLE"],
      ["a broken connection", { kind: "reset" }, "REMOTE_UNAVAILABLE"],
      ["a page", answer(200, html, page), "REMOTE_INTERCEPTED"],
      ["a page of what is missing", answer(404, html, page), "REMOTE_INTERCEPTED"],
      ["nothing at all", answer(200), "REMOTE_INTERCEPTED"],
      ["a redirection", answer(302, { location: "http://127.0.0.1:9/" }), "REMOTE_INTERCEPTED"],
    ] as const)("%s", async (_, fault, code) => {
      server.plan = () => fault
      const [got, put] = await Promise.all([
        failureOf(open().get("p/0/name")),
        failureOf(open().put("p/0/name", new Uint8Array(10))),
      ])
      expect(got.code).toBe(code)
      // A PUT is refused by the first sign of a wrong answer, which may be another one than that of a GET.
      expect(["REMOTE_TIMEOUT", "REMOTE_UNAVAILABLE", "REMOTE_INTERCEPTED", "LIMIT_SIZE"]).toContain(put.code)
    })

    test("a page that calls itself an object, with an etag, is no answer to a PUT", async () => {
      server.plan = () => answer(200, { ...html, etag: '"57-5f1"' }, page)
      for (const ifAbsent of [false, true]) {
        const put = open().put("p/0/name", new Uint8Array(10), { ifAbsent })
        expect((await failureOf(put)).code).toBe("REMOTE_INTERCEPTED")
      }
    })

    test("a list of nonsense, of another place, or without end is no list", async () => {
      const contents = (key: string) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`
      const xml = (inside: string) => answer(200, {}, `<ListBucketResult>${inside}</ListBucketResult>`)
      const json = (text: string) => answer(200, dialect, text)
      const more = "<IsTruncated>true</IsTruncated>"
      const lists =
        name === "s3"
          ? {
              nonsense: answer(200, {}, "<a><b></a>"),
              foreign: xml(contents("q/1") + contents("p/A") + contents("p/../x") + contents("p/1")),
              stuck: xml(more),
            }
          : {
              nonsense: json("{"),
              foreign: json('{"keys":[{"key":"q/1","size":1},{"key":"p/A","size":1},{"key":"p/1","size":1},null]}'),
              stuck: json('{"keys":[],"next":"A"}'),
            }
      server.plan = () => lists.nonsense
      expect((await failureOf(open().list("p/"))).code).toMatch(/^REMOTE_(INTERCEPTED|UNSUPPORTED)$/)
      server.plan = () => lists.foreign
      expect((await open().list("p/")).keys).toEqual([{ key: "p/1", size: 1 }])
      server.plan = () => lists.stuck
      const stuck = await open()
        .list("p/")
        .catch((error: FixpointError) => error.code)
      expect(stuck).toEqual(name === "s3" ? "REMOTE_UNAVAILABLE" : { keys: [] })
    })

    test("a call that is given up ends at once, and the one after it works", async () => {
      server.plan = () => ({ kind: "hang" })
      const abort = new AbortController()
      const asked = failureOf(open().get("p/0/name", { signal: abort.signal }))
      setTimeout(() => abort.abort(new Error("enough")), 50)
      expect((await asked).code).toBe("ABORTED")
      server.plan = () => answer(200, { ...dialect, etag: '"x"', "content-type": "application/octet-stream" }, "ok")
      expect(await open().get("a")).toMatchObject({ kind: "found", etag: "x" })
    })

    test("a garbage collection does not lose the signal", async () => {
      server.plan = () => ({ kind: "hang" })
      const abort = new AbortController()
      const asked = failureOf(open().get("p/0/name", { signal: abort.signal }))
      await new Promise((resolve) => setTimeout(resolve, 50))
      const { gc } = globalThis as { gc?: () => void }
      gc?.()
      abort.abort()
      expect((await asked).code).toBe("ABORTED")
    })
  })

test.each([
  [{ endpoint: "ftp://a" }, "endpoint"],
  [{ endpoint: "https://user:password@example.org" }, "endpoint"],
  [{ endpoint: "https://example.org/?token=1" }, "endpoint"],
  [{ bucket: "a/b" }, "bucket"],
  [{ region: "eu west" }, "region"],
  [{ prefix: "a/../b" }, "prefix"],
  [{ prefix: "a//b" }, "prefix"],
  [{ credentials: { accessKeyId: "a" } as never }, "credentials"],
] as const)("options that are none are refused at once: %j", (wrong, path) => {
  const right = { endpoint: "https://example.org", bucket: "bucket", credentials: keys }
  expect(() => s3(right)).not.toThrow()
  expect(() => s3({ ...right, ...wrong })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", details: { path } }),
  )
})

test("names say where, and nothing else", () => {
  const options = { endpoint: "https://example.org", bucket: "bucket", credentials: keys }
  expect(s3({ ...options, prefix: "/my-app" }).name).toBe("s3: example.org/bucket/my-app/")
  expect(http({ url: "http://127.0.0.1:8321/a", headers: { authorization: "x" } }).name).toBe("http: 127.0.0.1:8321/a/")
})
