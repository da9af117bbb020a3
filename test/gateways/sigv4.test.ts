import { SignatureV4 } from "@smithy/signature-v4"
import fc from "fast-check"
import { expect, test } from "vitest"
import { encodePath, encodeQuery, signAddress, signRequest } from "../../packages/gateways/src/sigv4.ts"
import { Sha256 } from "./node-sha256.ts"

const word = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes("\0"))
const plainWord = fc.stringMatching(/^[a-z0-9]{1,20}$/)
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
const requests = fc.record({
  method: fc.constantFrom("GET", "PUT", "DELETE"),
  host: fc.constantFrom("s3.example.org", "bucket.s3.eu-west-1.amazonaws.com", "127.0.0.1:7480", "localhost"),
  path: fc.array(word, { maxLength: 4 }).map((parts) => `/${parts.map((part) => part.replaceAll("/", "")).join("/")}`),
  query: fc.dictionary(plainWord, word, { maxKeys: 4 }),
  headers: fc.dictionary(
    plainWord.map((name) => `x-amz-meta-${name}`),
    headerValue,
    { maxKeys: 3 },
  ),
  body: fc.uint8Array({ maxLength: 100 }),
  region: fc.constantFrom("us-east-1", "auto", "eu-central-2"),
  atMs: fc.integer({ min: 0, max: 4e12 }),
  accessKeyId: plainWord,
  secretAccessKey: word,
  sessionToken: fc.option(plainWord, { nil: undefined }),
})

test("any request is signed as smithy signs it", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, host, path, query, headers, body, region, atMs, ...credentials }) => {
      const encoded = encodePath(path)
      const request = { method, origin: `https://${host}`, path: encoded, query, headers, body }
      const ours = await signRequest(crypto.subtle, request, { credentials, region, atMs })
      const { accessKeyId, secretAccessKey, sessionToken } = credentials
      const signer = new SignatureV4({
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
        region,
        service: "s3",
        sha256: Sha256,
        uriEscapePath: false,
      })
      const [hostname = "", port] = host.split(":")
      const theirs = await signer.sign(
        {
          method,
          protocol: "https:",
          hostname,
          ...(port === undefined ? {} : { port: Number(port) }),
          path: encoded,
          query,
          headers: { ...headers, host },
          body,
        },
        { signingDate: new Date(atMs) },
      )
      expect(ours.headers["authorization"]).toBe(theirs.headers["authorization"])
      expect(ours.headers["x-amz-date"]).toBe(theirs.headers["x-amz-date"])
      expect(ours.headers["x-amz-content-sha256"]).toBe(theirs.headers["x-amz-content-sha256"])
      expect(ours.headers["x-amz-security-token"]).toBe(theirs.headers["x-amz-security-token"])
    }),
    { numRuns: 300 },
  )
})

test("any address is signed as smithy signs it", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, host, path, query, region, atMs, ...more }) => {
      const { accessKeyId, secretAccessKey, sessionToken } = more
      const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
      const encoded = encodePath(path)
      const request = { method, origin: `https://${host}`, path: encoded, query }
      const ours = new URL(await signAddress(crypto.subtle, request, { credentials, region, atMs }, 300))
      const signer = new SignatureV4({ credentials, region, service: "s3", sha256: Sha256, uriEscapePath: false })
      const headers = { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }
      const theirs = await signer.presign(
        { method, protocol: "https:", hostname: host.split(":")[0] ?? "", path: encoded, query, headers },
        {
          signingDate: new Date(atMs),
          expiresIn: 300,
          unhoistableHeaders: new Set(["x-amz-content-sha256"]),
          unsignableHeaders: new Set(["x-amz-content-sha256"]),
        },
      )
      expect(ours.searchParams.get("X-Amz-Signature")).toBe(theirs.query?.["X-Amz-Signature"])
    }),
    { numRuns: 200 },
  )
})

test("the address that is sent is the one that was signed", () => {
  fc.assert(
    fc.property(requests, ({ path, query }) => {
      const text = encodeQuery(query)
      const url = new URL(`https://example.org${encodePath(path)}?${text}`)
      expect(url.search.slice(1)).toBe(text)
      expect([...url.searchParams].sort()).toEqual(Object.entries(query).sort())
      const isPlain = path.split("/").every((part) => !/^\.{1,2}$/.test(part))
      if (isPlain) expect(url.pathname).toBe(encodePath(path))
    }),
  )
})
