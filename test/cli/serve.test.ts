// The fixpoint command, run as a shell runs it but for the process: what it prints, how it ends, whom the server answers.
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openBucketServer } from "@fixpoint/cli/server"
import { http } from "@fixpoint/gateways/http"
import { memory } from "@fixpoint/gateways/memory"
import { afterEach, beforeEach, expect, test } from "vitest"
import { runCommand } from "../../packages/cli/src/run-command.ts"

const made = { folder: "", closers: [] as (() => Promise<unknown>)[] }
beforeEach(async () => {
  made.folder = await mkdtemp(join(tmpdir(), "fixpoint-serve-"))
})
afterEach(async () => {
  for (const close of made.closers.splice(0)) await close()
  await rm(made.folder, { recursive: true, force: true })
})

function start(parameters: readonly string[], env: Record<string, string> = {}) {
  const stop = new AbortController()
  const out: string[] = []
  const err: string[] = []
  let told: () => void = () => undefined
  const first = new Promise<void>((resolve) => (told = resolve))
  const terminal = {
    env,
    stop: stop.signal,
    out: (line: string) => {
      out.push(line)
      told()
    },
    err: (line: string) => void err.push(line),
  }
  const code = runCommand(parameters, terminal)
  return { code, out, err, first, stop: () => stop.abort() }
}

async function raw(url: string, options: { method?: string; path: string; headers?: Record<string, string> }) {
  const { hostname, port } = new URL(url)
  return await new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const sent = request({ hostname, port, ...options }, (response) => {
      response.resume()
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    sent.on("error", reject)
    sent.end()
  })
}

async function server(options: Partial<Parameters<typeof openBucketServer>[0]> = {}) {
  const opened = await openBucketServer({ bucket: memory(), ...options })
  made.closers.push(() => opened.close())
  return opened
}

test("serve makes a folder a bucket until it is stopped", async () => {
  const run = start(["serve", made.folder, "--port", "0", "--json"])
  await run.first
  const { event, url, directory } = JSON.parse(run.out[0] ?? "") as Record<string, string>
  expect([event, directory]).toEqual(["listening", made.folder])
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  const gateway = http({ url: `${url}app` })
  await gateway.put("p/0/a", new Uint8Array([1, 2, 3]))
  expect([...(await readFile(join(made.folder, "app/p/0/a")))]).toEqual([1, 2, 3])
  run.stop()
  expect(await run.code).toBe(0)
  expect(JSON.parse(run.out[1] ?? "")).toEqual({ event: "stopped" })
  expect(run.err).toEqual([])
  await expect(gateway.get("p/0/a")).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" })
})

test("help is help, and what is wrong has the exit code of its kind", async () => {
  for (const parameters of [[], ["help"], ["--help"], ["serve", "--help"]]) {
    const run = start(parameters)
    expect(await run.code).toBe(0)
    expect(run.out[0]).toContain("serve")
  }
  for (const parameters of [
    ["sing"],
    ["serve", "--port", "x"],
    ["serve", "--loud"],
    ["serve", "a", "b"],
    ["toString"],
  ]) {
    const run = start(parameters)
    expect(await run.code).toBe(2)
    expect(run.err[0]).toContain("INVALID_ARGUMENT")
    expect(run.out).toEqual([])
  }
  const asJson = start(["serve", "--port", "x", "--json"])
  expect(await asJson.code).toBe(2)
  expect(JSON.parse(asJson.out[0] ?? "")).toMatchObject({ error: { code: "INVALID_ARGUMENT", kind: "invalid" } })
})

test("a port that is taken ends the command", async () => {
  const { url } = await server()
  const run = start(["serve", made.folder, "--port", new URL(url).port])
  expect(await run.code).toBe(4)
  expect(run.err[0]).toContain("EADDRINUSE")
})

test("a request under way is answered before the end", async () => {
  let letGo: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const bucket = memory()
  const slow = { ...bucket, get: async (key: string) => (await gate, bucket.get(key)) }
  const opened = await openBucketServer({ bucket: slow })
  const asked = http({ url: opened.url }).get("a")
  await new Promise((resolve) => setTimeout(resolve, 100))
  const closed = opened.close()
  letGo()
  expect(await asked).toEqual({ kind: "notFound" })
  await closed
})

test("no address leads out of the folder", async () => {
  await writeFile(join(made.folder, "secret"), "x")
  const run = start(["serve", join(made.folder, "bucket"), "--port", "0", "--json"])
  await run.first
  const { url = "" } = JSON.parse(run.out[0] ?? "") as Record<string, string>
  const paths = [
    "/../secret",
    "/%2e%2e/secret",
    "/..%2fsecret",
    "/a/../../secret",
    "/./secret",
    "//secret",
    "/.x",
    "/A",
  ]
  for (const path of paths)
    for (const method of ["GET", "PUT", "DELETE"])
      expect([path, (await raw(url, { method, path })).status]).toEqual([path, 400])
  expect((await raw(url, { path: "/?prefix=../" })).status).toBe(200)
  expect((await raw(url, { path: "/../?prefix=" })).status).toBe(400)
  run.stop()
  await run.code
  expect(await readdir(made.folder)).toEqual(["secret"])
})

test("pages of this machine are answered, those of other sites are not unless allowed", async () => {
  const { url } = await server({ origins: ["https://app.example"] })
  const preflight = (origin: string) =>
    raw(url, { method: "OPTIONS", path: "/a", headers: { origin, "access-control-request-method": "PUT" } })
  for (const origin of [
    "http://localhost:5173",
    "http://127.0.0.1:4000",
    "http://a.localhost",
    "https://app.example",
  ]) {
    const { status, headers } = await preflight(origin)
    expect([status, headers["access-control-allow-origin"]]).toEqual([204, origin])
    expect(headers["access-control-expose-headers"]).toContain("etag")
  }
  for (const origin of [
    "https://evil.example",
    "http://localhost.evil.example",
    "null",
    "http://127.0.0.1.evil.example",
  ]) {
    expect((await preflight(origin)).headers["access-control-allow-origin"]).toBeUndefined()
    expect((await raw(url, { path: "/a", headers: { origin } })).status).toBe(403)
  }
  expect((await raw(url, { path: "/a", headers: { host: "evil.example" } })).status).toBe(421)
})

test("with a token, who has another one or none is refused", async () => {
  const { url } = await server({ token: "right" })
  for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "Bearer righ" }])
    await expect(http({ url, headers }).get("a")).rejects.toMatchObject({ code: "REMOTE_AUTH", retryable: false })
  expect(await http({ url, headers: { authorization: "Bearer right" } }).get("a")).toEqual({ kind: "notFound" })
})

test("what is none of the dialect is refused", async () => {
  const { url } = await server()
  for (const [method, path, headers, status] of [
    ["POST", "/a", {}, 405],
    ["PUT", "/a", { "if-none-match": '"x"' }, 400],
    ["PUT", "/", {}, 400],
    ["DELETE", "/a/", {}, 400],
    ["GET", "/?limit=0", {}, 400],
    ["PUT", "/a", { "content-length": "99999999" }, 413],
    ["HEAD", "/a", {}, 404],
  ] as const)
    expect([method, path, (await raw(url, { method, path, headers })).status]).toEqual([method, path, status])
})

test("a connection on which nothing was asked does not hold up the end", async () => {
  const { url, close } = await openBucketServer({ bucket: memory() })
  const socket = connect(Number(new URL(url).port), "127.0.0.1")
  await once(socket, "connect")
  const gone = once(socket, "close")
  const startedAt = performance.now()
  await close()
  await gone
  expect(performance.now() - startedAt).toBeLessThan(2_500)
})
