// The faults that a bucket of tests has, each with what it leaves behind, and the seed that replays them.
import type { Gateway } from "@fixpoint/core"
import { memory } from "@fixpoint/gateways/memory"
import { type BucketFault, createDice, drawWeather, FaultyBucket, weatherPlan } from "@fixpoint/testkit"
import { describeGateway } from "@fixpoint/testkit/contracts"
import { expect, test } from "vitest"

const capabilities = { createIfAbsent: true, strongList: true, serverTime: false }

describeGateway("a bucket without faults", { capabilities }, async () => {
  const bucket = new FaultyBucket(memory(), () => undefined)
  return { open: async () => bucket.gateway("a") }
})

const bytes = (mark: number) => new Uint8Array([mark])

/** A bucket whose next call of a verb has a fault. */
function prepared() {
  const next = new Map<string, BucketFault>()
  const bucket = new FaultyBucket(memory(), ({ name }) => {
    const fault = next.get(name)
    next.delete(name)
    return fault
  })
  return { bucket, gateway: bucket.gateway("a"), plan: (verb: string, fault: BucketFault) => next.set(verb, fault) }
}

const byteAt = async (gateway: Gateway, key: string) => {
  const found = await gateway.get(key)
  return found.kind === "found" ? found.body[0] : undefined
}
const keysOf = async (gateway: Gateway) => (await gateway.list("")).keys.map(({ key }) => key)

test("a refused call has no effect, one whose answer is lost has it", async () => {
  const { gateway, plan } = prepared()
  plan("put", { kind: "refused", code: "REMOTE_THROTTLED" })
  await expect(gateway.put("a", bytes(1))).rejects.toMatchObject({ code: "REMOTE_THROTTLED", retryable: true })
  expect(await byteAt(gateway, "a")).toBeUndefined()
  plan("put", { kind: "lost", code: "REMOTE_TIMEOUT" })
  await expect(gateway.put("a", bytes(1))).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
  expect(await byteAt(gateway, "a")).toBe(1)
  plan("delete", { kind: "lost", code: "REMOTE_UNAVAILABLE" })
  await expect(gateway.delete("a")).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" })
  expect(await byteAt(gateway, "a")).toBeUndefined()
})

test("where somebody else answers, a GET finds their page and nothing has an effect", async () => {
  const { gateway, plan } = prepared()
  await gateway.put("a", bytes(1))
  plan("get", { kind: "page" })
  const found = await gateway.get("a")
  expect(found.kind === "found" && new TextDecoder().decode(found.body)).toMatch(/^<!doctype html>/)
  for (const verb of ["put", "list", "delete"] as const) {
    plan(verb, { kind: "page" })
    const call = verb === "put" ? gateway.put("a", bytes(2)) : verb === "list" ? gateway.list("") : gateway.delete("a")
    await expect(call).rejects.toMatchObject({ code: "REMOTE_INTERCEPTED" })
  }
  expect(await byteAt(gateway, "a")).toBe(1)
})

test("a late PUT lands after calls that were made after it", async () => {
  const { bucket, gateway, plan } = prepared()
  plan("put", { kind: "late", code: "REMOTE_TIMEOUT", calls: 3 })
  await expect(gateway.put("a", bytes(1))).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
  await gateway.put("a", bytes(2))
  expect(await byteAt(gateway, "a")).toBe(2)
  expect(await byteAt(gateway, "a")).toBe(1)
  plan("put", { kind: "late", code: "REMOTE_TIMEOUT", calls: 100 })
  await expect(gateway.put("a", bytes(3))).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
  await bucket.settle()
  expect(await byteAt(gateway, "a")).toBe(3)
})

test("a PUT that is delivered twice overwrites what came between", async () => {
  const { gateway, plan } = prepared()
  plan("put", { kind: "twice", calls: 2 })
  await gateway.put("a", bytes(1))
  await gateway.put("a", bytes(2))
  expect(await byteAt(gateway, "a")).toBe(1)
})

test("a stale LIST shows an earlier bucket, a GET never does", async () => {
  const { gateway, plan } = prepared()
  await gateway.put("a", bytes(1))
  await gateway.put("b", bytes(1))
  await gateway.delete("a")
  await gateway.put("c", bytes(1))
  for (const [calls, keys] of [
    [1, ["b", "c"]],
    [3, ["a", "b"]],
    [100, []],
  ] as const) {
    const other = prepared()
    for (const key of ["a", "b"]) await other.gateway.put(key, bytes(1))
    await other.gateway.delete("a")
    await other.gateway.put("c", bytes(1))
    other.plan("list", { kind: "stale", calls })
    expect(await keysOf(other.gateway)).toEqual(keys)
    expect(await keysOf(other.gateway)).toEqual(["b", "c"])
    expect(await byteAt(other.gateway, "c")).toBe(1)
  }
  plan("list", { kind: "stale", calls: 3 })
  expect((await gateway.list("", { after: "a" })).keys.map(({ key }) => key)).toEqual(["b"])
})

test("a damaged GET leaves the object as it is", async () => {
  const { gateway, plan } = prepared()
  await gateway.put("a", bytes(1))
  plan("get", { kind: "damaged", damage: (body) => body.fill(9) })
  expect(await byteAt(gateway, "a")).toBe(9)
  expect(await byteAt(gateway, "a")).toBe(1)
})

test("a seed gives one weather and one course of events; seeds differ", async () => {
  const courseOf = async (seed: number) => {
    const dice = createDice(seed)
    const bucket = new FaultyBucket(memory(), weatherPlan(dice, drawWeather(dice)))
    const gateways = ["a", "b"].map((device) => bucket.gateway(device))
    const told: string[] = []
    for (let n = 0; n < 100; n++) {
      const gateway = gateways[n % 2]!
      const key = `k/${dice.below(6)}`
      const call = [
        () => gateway.put(key, bytes(n & 255), { ifAbsent: true }).then(({ kind }) => kind),
        () => gateway.delete(key).then(() => "deleted"),
        () => byteAt(gateway, key),
        () => keysOf(gateway).then((keys) => keys.join()),
      ][dice.below(4)]!
      told.push(await call().then(String, (error: { code: string }) => error.code))
    }
    return told.join(" ")
  }
  const courses = await Promise.all(Array.from({ length: 30 }, (_, seed) => courseOf(seed)))
  expect(await courseOf(7)).toBe(courses[7])
  expect(new Set(courses).size).toBe(30)
  const withFaults = courses.filter((course) => course.includes("REMOTE_"))
  expect(withFaults.length).toBeGreaterThan(15)
  expect(withFaults.length).toBeLessThan(30)
})
