/** The contract of calls that are refused or given up. */
import type { Gateway } from "@fixpoint/core"
import { objectBytesMax, objectKeyBytesMax } from "@fixpoint/core/gateway"
import { expect, test } from "vitest"
import { bodyAt, bodyOf, expectBody, type GatewayTests } from "./gateway-place.ts"

const badKeys = [
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  "..",
  "../a",
  "a/../b",
  ".a",
  "a.",
  "A",
  "a b",
  "ä",
  "a?b",
  "a%2fb",
  "a\\b",
  "a\n",
]
const keyOf = (length: number) => `${"a".repeat(200)}/${"b".repeat(200)}/${"c".repeat(110)}`.slice(0, length)

/** Registers the tests of what is refused or given up. */
export function describeAdmission(tests: GatewayTests): void {
  describeRefusals(tests)
  describeAborts(tests)
}

function describeRefusals({ open, keyBytesMax = objectKeyBytesMax }: GatewayTests): void {
  test("what is no key is refused by every verb", async () => {
    const gateway = await open()
    for (const key of [...badKeys, "a".repeat(objectKeyBytesMax + 1)])
      for (const call of [gateway.get(key), gateway.put(key, bodyOf(1)), gateway.delete(key)])
        await expect(call, key).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
    for (const prefix of ["A", "a b", "ä", "a%", "a".repeat(objectKeyBytesMax + 1)])
      await expect(gateway.list(prefix), prefix).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
    expect((await gateway.list("")).keys).toEqual([])
  })

  test("the longest key is one", async () => {
    const longestKey = keyOf(keyBytesMax)
    const gateway = await open()
    await gateway.put(longestKey, bodyOf(1))
    expectBody(await bodyAt(gateway, longestKey), bodyOf(1))
    expect((await gateway.list(longestKey)).keys).toMatchObject([{ key: longestKey }])
  })

  test("pages and ranges that are none are refused", async () => {
    const gateway = await open()
    await gateway.put("a", bodyOf(1))
    for (const limit of [0, -1, 1.5, 1001, Number.NaN])
      await expect(gateway.list("", { limit }), `${limit}`).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
    for (const range of [
      [1, 1],
      [2, 1],
      [-1, 1],
      [0, 1.5],
    ] as const)
      await expect(gateway.get("a", { range }), range.join()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
  })

  test("an object that is too large is refused before anything is sent", async () => {
    const gateway = await open()
    await expect(gateway.put("a", new Uint8Array(objectBytesMax + 1))).rejects.toMatchObject({ code: "LIMIT_SIZE" })
    expect(await gateway.get("a")).toEqual({ kind: "notFound" })
  })
}

function describeAborts({ open, secrets = [] }: GatewayTests): void {
  const calls: Record<string, (gateway: Gateway, signal: AbortSignal) => Promise<unknown>> = {
    get: (gateway, signal) => gateway.get("a", { signal }),
    put: (gateway, signal) => gateway.put("b", bodyOf(2), { signal }),
    list: (gateway, signal) => gateway.list("", { signal }),
    delete: (gateway, signal) => gateway.delete("a", { signal }),
    capabilities: (gateway, signal) => gateway.capabilities({ signal }),
  }
  for (const [verb, call] of Object.entries(calls))
    test(`a ${verb} whose signal has fired has no effect`, async () => {
      const gateway = await open()
      await gateway.put("a", bodyOf(1))
      const failure: unknown = await call(gateway, AbortSignal.abort()).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: "ABORTED" })
      for (const secret of secrets) expect(JSON.stringify(failure)).not.toContain(secret)
      expectBody(await bodyAt(gateway, "a"), bodyOf(1))
      expect(await gateway.get("b")).toEqual({ kind: "notFound" })
    })

  test("a PUT that is given up leaves the whole object or none", async () => {
    const gateway = await open()
    const body = bodyOf(7, 1_000_000)
    for (let round = 0; round < 3; round++) {
      const key = `a/${round}`
      const abort = new AbortController()
      const put = gateway.put(key, body, { signal: abort.signal }).then(
        () => undefined,
        (error: unknown) => error,
      )
      await Promise.race([put, gateway.get("f")])
      abort.abort()
      const failure = await put
      if (failure !== undefined) expect(failure).toMatchObject({ code: "ABORTED" })
      const found = await bodyAt(gateway, key)
      if (found !== undefined || failure === undefined) expectBody(found, body)
    }
  })
}
