// Gateways around gateways, over time that passes when it is told to and dice from a seed: what they do is counted, not timed.
import type { Gateway } from "@fixpoint/core"
import { type Code, FixpointError } from "@fixpoint/core/errors"
import { memory, memoryBucket } from "@fixpoint/gateways/memory"
import { breaker, cached, createMeter, dollarsOf, limited, metered, probe, retry } from "@fixpoint/gateways/wrap"
import { createDice, VirtualTime, wrapGateway } from "@fixpoint/testkit"
import { describeGateway } from "@fixpoint/testkit/contracts"
import { describe, expect, test } from "vitest"

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const settled = async () => {
  for (let n = 0; n < 5; n++) await turn()
}

function effects(seed = 1) {
  const time = new VirtualTime(settled)
  const dice = createDice(seed)
  return { time, clock: time, timers: time, random: (count: number) => dice.bytes(count) }
}

const capabilities = { createIfAbsent: true, strongList: true, serverTime: false }
describeGateway("a gateway in all wrappers", { capabilities }, async () => {
  const bucket = memoryBucket()
  const open = async () => {
    const most = limited(breaker(retry(memory(bucket), effects()), effects()), 4)
    return cached(metered(most, createMeter()), { isImmutable: (key) => key.startsWith("b/") })
  }
  return { open }
})

/** A gateway whose calls fail with these codes, in order, before they have an effect; and how often it was called. */
function failing(...codes: (Code | FixpointError | undefined)[]) {
  const calls = { count: 0 }
  const gateway = wrapGateway(memory(), async (_, run) => {
    calls.count++
    const code = codes.shift()
    if (code === undefined) return await run()
    throw typeof code === "string" ? new FixpointError(code) : code
  })
  return { gateway, calls }
}

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: FixpointError) => error.code,
  )

describe("retry", () => {
  test("what fails in passing is tried again, after delays below a bound that doubles", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = effects(seed)
      const { gateway, calls } = failing("REMOTE_UNAVAILABLE", "REMOTE_TIMEOUT", "REMOTE_THROTTLED")
      const done = outcome(retry(gateway, world, { delayMs: 100 }).get("a"))
      for (const [bound, count] of [
        [0, 1],
        [100, 2],
        [200, 3],
        [400, 4],
      ] as const) {
        await world.time.advance(bound)
        expect(calls.count).toBeGreaterThanOrEqual(count)
      }
      expect(await done).toBe("done")
      expect(calls.count).toBe(4)
    }
  })

  test("delays differ from seed to seed, and a seed replays them", async () => {
    const delayOf = async (seed: number) => {
      const world = effects(seed)
      const { gateway, calls } = failing("REMOTE_UNAVAILABLE")
      const done = retry(gateway, world, { delayMs: 1000 }).get("a")
      let waited = 0
      while (calls.count < 2) {
        await world.time.advance(10)
        waited += 10
      }
      await done
      return waited
    }
    const delays = await Promise.all([1, 2, 3, 4, 5].map(delayOf))
    expect(new Set(delays).size).toBeGreaterThan(2)
    expect(await delayOf(3)).toBe(delays[2])
  })

  test("it gives up after so many attempts", async () => {
    const world = effects()
    const { gateway, calls } = failing(...Array.from({ length: 9 }, () => "REMOTE_UNAVAILABLE" as const))
    const done = outcome(retry(gateway, world, { attemptsMax: 3 }).get("a"))
    await world.time.advance(10_000)
    expect([await done, calls.count]).toEqual(["REMOTE_UNAVAILABLE", 3])
  })

  test.each(["REMOTE_AUTH", "REMOTE_READ_ONLY", "REMOTE_QUOTA", "REMOTE_CORS", "REMOTE_NO_BUCKET", "ABORTED"] as const)(
    "%s is not tried again",
    async (code) => {
      const { gateway, calls } = failing(code)
      expect(await outcome(retry(gateway, effects()).put("a", new Uint8Array(1)))).toBe(code)
      expect(calls.count).toBe(1)
    },
  )

  test("the server's wish is heard, and left to the caller when it is for too much", async () => {
    const wish = (retryAfterMs: number) =>
      new FixpointError("REMOTE_THROTTLED", undefined, { details: { retryAfterMs } })
    const world = effects()
    const { gateway, calls } = failing(wish(5000), wish(60_000))
    const done = outcome(retry(gateway, world).get("a"))
    await world.time.advance(4999)
    expect(calls.count).toBe(1)
    await world.time.advance(1)
    expect([await done, calls.count]).toEqual(["REMOTE_THROTTLED", 2])
  })

  test("a server that always fails gets a tenth more calls, not a multiple", async () => {
    const world = effects()
    const { gateway, calls } = failing(...Array.from({ length: 9999 }, () => "REMOTE_UNAVAILABLE" as const))
    const retrying = retry(gateway, world)
    for (let n = 0; n < 300; n++) {
      const done = outcome(retrying.get("a"))
      await world.time.advance(5000)
      await done
    }
    expect(calls.count).toBeGreaterThan(300)
    expect(calls.count).toBeLessThanOrEqual(300 + 10 + 30)
  })

  test("a wait ends with its signal", async () => {
    const world = effects()
    const { gateway, calls } = failing("REMOTE_UNAVAILABLE")
    const abort = new AbortController()
    const done = outcome(retry(gateway, world, { delayMs: 1e6, delayMaxMs: 1e7 }).get("a", { signal: abort.signal }))
    await settled()
    abort.abort()
    expect([await done, calls.count, world.time.waiting]).toEqual(["ABORTED", 1, 0])
  })
})

describe("breaker", () => {
  const fails = (count: number) => Array.from({ length: count }, () => "REMOTE_UNAVAILABLE" as const)

  test("it opens after failures in a row, and lets one call through after a while", async () => {
    const world = effects()
    const { gateway, calls } = failing(...fails(4))
    const guarded = breaker(gateway, world, { failuresMax: 3, openMs: 1000 })
    for (let n = 0; n < 3; n++) await outcome(guarded.get("a"))
    await expect(guarded.get("a")).rejects.toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      details: { reason: "breaker", retryAfterMs: 1000 },
    })
    expect(calls.count).toBe(3)
    await world.time.advance(1000)
    await Promise.all([outcome(guarded.get("a")), outcome(guarded.get("a"))])
    expect(calls.count).toBe(4)
    await world.time.advance(999)
    await outcome(guarded.get("a"))
    expect(calls.count).toBe(4)
    await world.time.advance(1)
    expect(await outcome(guarded.get("a"))).toBe("done")
    expect(await outcome(guarded.get("a"))).toBe("done")
    expect(calls.count).toBe(6)
  })

  test("a refusal is an answer, and what was given up is none", async () => {
    const world = effects()
    const { gateway, calls } = failing(...fails(2), "REMOTE_AUTH", ...fails(2), "ABORTED", ...fails(1))
    const guarded = breaker(gateway, world, { failuresMax: 3 })
    for (let n = 0; n < 7; n++) await outcome(guarded.get("a"))
    expect(calls.count).toBe(7)
    await outcome(guarded.get("a"))
    expect(calls.count).toBe(7)
  })
})

describe("limit", () => {
  test("calls begin in their order, so many at once; one that is given up leaves the line", async () => {
    const open: (() => void)[] = []
    const begun: string[] = []
    const slow: Gateway = {
      ...memory(),
      get: async (key) => {
        begun.push(key)
        await new Promise<void>((resolve) => open.push(resolve))
        return { kind: "notFound" }
      },
    }
    const gateway = limited(slow, 2)
    const abort = new AbortController()
    const calls = ["a", "b", "c", "d", "e"].map((key) =>
      outcome(gateway.get(key, key === "d" ? { signal: abort.signal } : {})),
    )
    await settled()
    expect(begun).toEqual(["a", "b"])
    abort.abort()
    expect(await calls[3]).toBe("ABORTED")
    for (let n = 0; n < 4; n++) {
      open[n]?.()
      await settled()
    }
    expect(begun).toEqual(["a", "b", "c", "e"])
    expect(await Promise.all(calls)).toEqual(["done", "done", "done", "ABORTED", "done"])
  })
})

test("a meter counts what is asked for and what it costs", async () => {
  const meter = createMeter()
  const gateway = metered(memory(), meter)
  await gateway.put("a", new Uint8Array(1000))
  await gateway.put("a", new Uint8Array(500), { ifAbsent: true })
  await gateway.get("a")
  await gateway.get("b")
  await gateway.get("a", { range: [0, 10] })
  await gateway.list("")
  await gateway.delete("a")
  expect(meter).toEqual({ requests: { get: 3, put: 2, list: 1, delete: 1 }, bytes: { in: 1010, out: 1500 } })
  expect(dollarsOf(meter)).toBeCloseTo(3 * 4e-7 + 3 * 5e-6 + 1010 * 9e-11, 12)
  const month = { requests: { get: (30 * 86_400) / 30, put: 0, list: 0, delete: 0 }, bytes: { in: 0, out: 0 } }
  expect(dollarsOf(month)).toBeCloseTo(0.035, 3)
})

describe("cache", () => {
  const isImmutable = (key: string) => key.startsWith("b/")

  test("an immutable object is read once, any other each time", async () => {
    const bucket = memoryBucket()
    const meter = createMeter()
    const gateway = cached(metered(memory(bucket), meter), { isImmutable })
    await memory(bucket).put("b/1", new Uint8Array([1]))
    await memory(bucket).put("f", new Uint8Array([1]))
    for (let n = 0; n < 3; n++) {
      expect(await gateway.get("b/1")).toMatchObject({ kind: "found", body: new Uint8Array([1]) })
      await gateway.get("f")
    }
    expect(meter.requests.get).toBe(1 + 3)
    await gateway.put("b/2", new Uint8Array([2]), { ifAbsent: true })
    expect(await gateway.get("b/2")).toMatchObject({ kind: "found", body: new Uint8Array([2]) })
    expect(meter.requests.get).toBe(4)
    await gateway.delete("b/2")
    expect(await gateway.get("b/2")).toEqual({ kind: "notFound" })
    await gateway.get("b/2")
    expect(meter.requests.get).toBe(6)
  })

  test("what was used last is kept, within the bound", async () => {
    const meter = createMeter()
    const gateway = cached(metered(memory(), meter), { isImmutable, bytesMax: 250 })
    for (const n of [1, 2]) await gateway.put(`b/${n}`, new Uint8Array(100))
    await gateway.get("b/1")
    await gateway.put("b/3", new Uint8Array(100))
    await gateway.put("b/4", new Uint8Array(251))
    expect(meter.requests.get).toBe(0)
    for (const n of [1, 3]) await gateway.get(`b/${n}`)
    expect(meter.requests.get).toBe(0)
    await gateway.get("b/2")
    await gateway.get("b/4")
    expect(meter.requests.get).toBe(2)
  })
})

describe("probe", () => {
  const probed = (gateway: Gateway) => probe(gateway, effects())

  test("a strong bucket is told as such, and nothing is left in it", async () => {
    const gateway = memory()
    expect(await probed(gateway)).toEqual({ createIfAbsent: true, strongList: true, serverTime: false })
    expect(await gateway.list("")).toEqual({ keys: [] })
  })

  test("a server that refuses conditions, one that ignores them, one that checks too early", async () => {
    const refusing = wrapGateway(memory(), async ({ name, parameters }, run) => {
      const isConditional = name === "put" && (parameters[2] as { ifAbsent?: boolean }).ifAbsent === true
      if (isConditional) throw new FixpointError("REMOTE_UNSUPPORTED")
      return await run()
    })
    const bucket = memory()
    const ignoring: Gateway = { ...bucket, put: (key, body) => bucket.put(key, body) }
    const checkingEarly: Gateway = {
      ...bucket,
      async put(key, body, options) {
        const isThere = (await bucket.get(key)).kind === "found"
        await turn()
        if (isThere && options?.ifAbsent === true) return { kind: "exists" }
        return await bucket.put(key, body)
      },
    }
    for (const gateway of [refusing, ignoring, checkingEarly]) {
      expect(await probed(gateway)).toMatchObject({ createIfAbsent: false, strongList: true })
      expect((await bucket.list("")).keys).toEqual([])
    }
  })

  test("a list that lags, either way", async () => {
    const bucket = memory()
    for (const lagging of [
      { ...bucket, list: async () => ({ keys: [] }) },
      {
        ...bucket,
        list: async (prefix: string) => ({ keys: [{ key: prefix, size: 1 }] }),
      },
    ] satisfies Gateway[])
      expect(await probed(lagging)).toMatchObject({ createIfAbsent: true, strongList: false })
  })

  test("credentials that may only read, and a network that fails", async () => {
    const readOnly = wrapGateway(memory(), async ({ name }, run) => {
      if (name === "put") throw new FixpointError("REMOTE_READ_ONLY")
      return await run()
    })
    expect(await probed(readOnly)).toEqual({ createIfAbsent: false, strongList: false, serverTime: false })
    await expect(probed(failing("REMOTE_TIMEOUT").gateway)).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
  })
})
