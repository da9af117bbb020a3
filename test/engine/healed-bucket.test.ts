// A bucket that has lost everything, and what comes of it when the first to see that knows nobody else.
import type { Gateway } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { listIntervalMs } from "../../packages/core/src/base/limits.ts"
import { createBench } from "./bench.ts"
import { attach, put, remoteOf, textOf } from "./remotes.ts"

test("a base that heals it collects no deletion: those who had registered are not known any more", async () => {
  const bucket = memoryBucket()
  const [one, other] = [createBench({}), createBench({ seed: 2 })]
  const a = await attach(await one.open(), remoteOf(bucket))
  await a.link.sync()
  await put(a.engine, "x", { p: "a" })
  await other.world.advance(1000)

  const remote = remoteOf(bucket)
  let isLost = false
  let isHealing = false
  const losing: Gateway = {
    ...remote.gateway,
    async put(key, body, options) {
      if (key.includes("/p/2/") && !isHealing) throw new FixpointError("REMOTE_UNAVAILABLE")
      const result = await remote.gateway.put(key, body, options)
      if (!isLost && key.includes("/p/0/")) bucket.objects.clear()
      isLost ||= key.includes("/p/0/")
      return result
    },
  }
  const b = await attach(await other.open(), { ...remote, gateway: losing })
  const syncBefore = () => expect(b.link.sync()).rejects.toThrow("REMOTE_UNAVAILABLE")
  await syncBefore()
  await put(b.engine, "x", { p: "b" })
  await syncBefore()
  await put(b.engine, "x", { q: "b" })
  await syncBefore()
  isHealing = true
  await b.link.sync()

  await one.world.advance(listIntervalMs)
  for (const { link } of [a, b, a, b]) await link.sync()
  expect(await textOf(b.engine, "x")).toBe('{"q":"b"}')
  expect(await textOf(a.engine, "x")).toBe('{"q":"b"}')
  for (const { engine } of [a, b]) await engine.close()
})
