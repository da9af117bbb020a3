import { describe, expect, test } from "vitest"
import { SeededWorld, seededHost } from "./seeded-host.ts"

/** Some work of two hosts at once, with all kinds of effects; gives what happened, in order. */
async function trace(seed: number): Promise<string[]> {
  const world = new SeededWorld(seed)
  const told: string[] = []
  const work = async (name: string) => {
    const host = world.host()
    const channel = host.channel("c", (message) => told.push(`${name} hears ${message}`))
    for (let i = 0; i < 5; i++) {
      const bytes = host.random(1 + (host.random(1)[0] ?? 0) * 100)
      const digest = await host.crypto.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)
      told.push(`${name} ${new Uint8Array(digest)[0]}`)
      const deflated = await host.compression.deflate(bytes)
      const inflated = await host.compression.inflate(deflated, bytes.length)
      told.push(`${name} ${inflated.length}`)
      channel.post(i)
      host.timers.after(i * 10, () => told.push(`${name} at ${host.clock.monotonic()}`))
      await host.locks.hold("l", {}, async () => {
        told.push(`${name} holds`)
        await host.crypto.digest("SHA-256", new Uint8Array(9))
      })
    }
  }
  const done = Promise.all([work("a"), work("b")])
  await world.advance(30)
  await done
  await world.advance(100)
  return told
}

test("a seed gives one run, another seed another", async () => {
  const first = await trace(1)
  expect(first.length).toBe(50)
  expect(await trace(1)).toEqual(first)
  expect(await trace(2)).not.toEqual(first)
})

describe("time", () => {
  test("passes only when told to, timer by timer, each after what came of the one before", async () => {
    const { host, world } = seededHost(1)
    const told: string[] = []
    host.timers.after(20, () => told.push("20"))
    host.timers.after(10, async () => {
      await host.crypto.digest("SHA-256", new Uint8Array(1))
      told.push(`10, then at ${host.clock.monotonic()}`)
      host.timers.after(5, () => told.push(`15 at ${host.clock.monotonic()}`))
    })
    host.timers.after(12, () => told.push("cancelled"))()
    await world.advance(9)
    expect(told).toEqual([])
    await world.advance(100)
    expect(told).toEqual(["10, then at 10", "15 at 15", "20"])
    expect([host.clock.monotonic(), world.time.waiting]).toEqual([109, 0])
  })

  test("the wall clock can jump, the other one never", async () => {
    const { host, world } = seededHost(1)
    const before = host.clock.now()
    world.time.shiftWall(-5_000)
    await world.advance(1)
    expect([host.clock.now() - before, host.clock.monotonic()]).toEqual([-4_999, 1])
  })
})

describe("what hosts of one world share", () => {
  test("messages reach the others of that name, until they close, or the world loses them", async () => {
    const world = new SeededWorld(1)
    const heard: string[] = []
    const [a, b] = ["a", "b"].map((name) => world.host().channel("c", (message) => heard.push(`${name} ${message}`)))
    const other = world.host().channel("other", () => heard.push("wrong"))
    a?.post(1)
    await world.settled()
    world.losesMessages = true
    a?.post(2)
    world.losesMessages = false
    b?.post(3)
    await world.settled()
    b?.close()
    a?.post(4)
    other.close()
    await world.settled()
    expect(heard).toEqual(["b 1", "a 3"])
  })

  test("a lock has one holder, in order; it is asked for, given up and never lost", async () => {
    const world = new SeededWorld(1)
    const { locks } = world
    const told: string[] = []
    let letGo = (): void => undefined
    const held = locks.hold("l", {}, () => new Promise<void>((resolve) => (letGo = resolve)))
    const abort = new AbortController()
    const given = locks.hold("l", { signal: abort.signal }, async () => told.push("aborted"))
    const next = locks.hold("l", {}, async () => told.push("next"))
    expect(await locks.hold("l", { ifAvailable: true }, async () => "taken")).toBeUndefined()
    abort.abort(new Error("no more"))
    await expect(given).rejects.toThrow("no more")
    letGo()
    await Promise.all([held, next])
    await expect(locks.hold("l", {}, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed")
    expect(await locks.hold("l", { ifAvailable: true }, async () => "taken")).toBe("taken")
    expect([told, locks.held]).toEqual([["next"], []])
  })
})

test("what is inflated has a bound", async () => {
  const { host } = seededHost(1)
  const deflated = await host.compression.deflate(new Uint8Array(100_000))
  expect(deflated.length).toBeLessThan(1_000)
  expect((await host.compression.inflate(deflated, 100_000)).length).toBe(100_000)
  await expect(host.compression.inflate(deflated, 99_999)).rejects.toMatchObject({ code: "LIMIT_SIZE" })
})
