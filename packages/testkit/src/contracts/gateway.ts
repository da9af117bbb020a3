/**
 * The contract of the Gateway seam as tests. Owns: one test or more for each sentence of core's sync/gateway.ts that holds
 * without a failure of the network; those are tested where servers and proxies are.
 * Must not know any implementation.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { describeAdmission } from "./gateway-admission.ts"
import { describeList } from "./gateway-list.ts"
import {
  bodyAt,
  bodyOf,
  expectBody,
  type GatewayPlace,
  type GatewayTests,
  type GatewayTraits,
} from "./gateway-place.ts"
import { describeGatewayRaces } from "./gateway-races.ts"

/** Runs the contract on gateways of one kind. `makePlace` gives an empty bucket for each test. */
export function describeGateway(title: string, traits: GatewayTraits, makePlace: () => Promise<GatewayPlace>): void {
  describe(title, () => {
    let place: GatewayPlace
    beforeEach(async () => {
      place = await makePlace()
    })
    afterEach(async () => {
      await place.remove?.()
    })
    const tests: GatewayTests = { ...traits, open: () => place.open() }
    describeObjects(tests)
    describeBodies(tests)
    describeConditions(tests)
    describeList(tests)
    describeGatewayRaces(tests)
    describeAdmission(tests)
  })
}

function describeObjects({ open, capabilities, secrets = [] }: GatewayTests): void {
  test("it has a name that gives nothing away, and tells what it can", async () => {
    const gateway = await open()
    expect(gateway.name).not.toBe("")
    for (const secret of secrets) expect(gateway.name).not.toContain(secret)
    expect(await gateway.capabilities()).toEqual(capabilities)
    expect((await gateway.list("")).keys, "nothing is left of finding out").toEqual([])
  })

  test("an empty bucket has nothing", async () => {
    const gateway = await open()
    expect(await gateway.get("a")).toEqual({ kind: "notFound" })
    expect(await gateway.get("a", { ifNoneMatch: "x" })).toEqual({ kind: "notFound" })
    expect(await gateway.get("a", { range: [0, 5] })).toEqual({ kind: "notFound" })
    expect(await gateway.list("")).toEqual({ keys: [] })
    await gateway.delete("a")
  })

  test("what was put is found, by every gateway", async () => {
    const [one, other] = [await open(), await open()]
    const put = await one.put("p/0/a", bodyOf(1))
    expect(put.kind).toBe("stored")
    const etag = put.kind === "stored" ? put.etag : ""
    expect(etag).not.toBe("")
    expect(etag).not.toContain('"')
    for (const gateway of [one, other]) {
      const found = await gateway.get("p/0/a")
      expect(found).toMatchObject({ kind: "found", etag })
      expectBody(found.kind === "found" ? found.body : undefined, bodyOf(1))
      const isTimed = found.kind === "found" && found.serverTimeMs !== undefined
      expect(isTimed).toBe(capabilities.serverTime)
      expect((await gateway.list("p/")).keys).toMatchObject([{ key: "p/0/a", size: 16 }])
    }
  })

  test("a later PUT replaces, a DELETE removes", async () => {
    const [one, other] = [await open(), await open()]
    const first = await one.put("a", bodyOf(1, 100))
    const second = await other.put("a", bodyOf(2, 50))
    expect(second).not.toEqual(first)
    expectBody(await bodyAt(one, "a"), bodyOf(2, 50))
    await one.delete("a")
    expect(await other.get("a")).toEqual({ kind: "notFound" })
    await other.delete("a")
    await one.put("a", bodyOf(3))
    expectBody(await bodyAt(other, "a"), bodyOf(3))
  })
}

function describeBodies({ open }: GatewayTests): void {
  for (const [what, length] of [
    ["empty", 0],
    ["of one byte", 1],
    ["of all bytes", 256],
    ["of 64 KiB and one", 65_537],
    ["large", 8 * 1024 * 1024],
  ] as const)
    test(`a body comes back that is ${what}`, async () => {
      const gateway = await open()
      const body = bodyOf(3, length)
      await gateway.put("b/body", body)
      expectBody(await bodyAt(gateway, "b/body"), body)
      expect((await gateway.list("b/")).keys).toMatchObject([{ key: "b/body", size: length }])
    })

  test("a range gives that part, as far as it goes", async () => {
    const gateway = await open()
    const body = bodyOf(5, 1000)
    await gateway.put("a", body)
    for (const [start, end] of [
      [0, 1],
      [0, 1000],
      [10, 20],
      [999, 1000],
      [990, 2000],
      [1000, 1001],
      [5000, 6000],
    ] as const) {
      const found = await gateway.get("a", { range: [start, end] })
      expectBody(found.kind === "found" ? found.body : undefined, body.subarray(start, end))
    }
    await gateway.put("a", new Uint8Array())
    expectBody(await bodyAt(gateway, "a", { range: [0, 10] }), new Uint8Array())
  })
}

function describeConditions({ open, capabilities }: GatewayTests): void {
  test("what has not changed is not sent again", async () => {
    const gateway = await open()
    const etagOf = async (mark: number) => {
      const put = await gateway.put("a", bodyOf(mark))
      return put.kind === "stored" ? put.etag : ""
    }
    const old = await etagOf(1)
    expect(await gateway.get("a", { ifNoneMatch: old })).toEqual({ kind: "notModified" })
    const now = await etagOf(2)
    expect(await gateway.get("a", { ifNoneMatch: now })).toEqual({ kind: "notModified" })
    expect(await gateway.get("a", { ifNoneMatch: old })).toMatchObject({ kind: "found", etag: now })
    await gateway.delete("a")
    expect(await gateway.get("a", { ifNoneMatch: now })).toEqual({ kind: "notFound" })
  })

  test.runIf(capabilities.createIfAbsent)("a PUT with ifAbsent leaves what there is", async () => {
    const [one, other] = [await open(), await open()]
    expect(await one.put("c/1", bodyOf(1), { ifAbsent: true })).toMatchObject({ kind: "stored" })
    for (const gateway of [one, other, one])
      expect(await gateway.put("c/1", bodyOf(2, 99), { ifAbsent: true })).toEqual({ kind: "exists" })
    expectBody(await bodyAt(other, "c/1"), bodyOf(1))
    await other.delete("c/1")
    expect(await one.put("c/1", bodyOf(3), { ifAbsent: true })).toMatchObject({ kind: "stored" })
    await one.put("c/1", bodyOf(4))
    expect(await one.put("c/1", bodyOf(5), { ifAbsent: true })).toEqual({ kind: "exists" })
    expectBody(await bodyAt(other, "c/1"), bodyOf(4))
  })

  test.runIf(capabilities.createIfAbsent)("an empty object is an object too", async () => {
    const gateway = await open()
    expect(await gateway.put("a", new Uint8Array(), { ifAbsent: true })).toMatchObject({ kind: "stored" })
    expect(await gateway.put("a", bodyOf(1), { ifAbsent: true })).toEqual({ kind: "exists" })
  })
}
