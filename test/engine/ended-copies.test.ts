// A device that was copied goes on under another name while somebody is ending the name that both had.
import { createMemoryDisk, type Remote } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { listIntervalMs } from "../../packages/core/src/base/limits.ts"
import { createBench } from "./bench.ts"
import { withMachines } from "./machines.ts"
import { attach, remoteOf, textOf } from "./remotes.ts"

test("what a copy has written into a document that both had inserted stays, though their name is fenced and not sealed", async () => {
  const bucket = memoryBucket()
  const { loaders, machines } = withMachines()
  const [one, third] = [createBench({}), createBench({ seed: 3, loaders })]
  const remote = remoteOf(bucket)
  let isCut = false
  const cut: Remote["gateway"] = {
    ...remote.gateway,
    list: async (prefix, ...rest) => {
      if (isCut && prefix.endsWith("/p/")) throw new FixpointError("REMOTE_UNAVAILABLE")
      return await remote.gateway.list(prefix, ...rest)
    },
  }
  const own = remoteOf(bucket)
  const old = { actor: "" }
  const fenced: Remote["gateway"] = {
    ...own.gateway,
    async put(key, body, options) {
      // It has found the copy's pack, and begins as another: now somebody begins to end what both were, and gets no further.
      if (old.actor !== "" && key.includes("/p/0/") && !key.includes(old.actor) && !isCut) {
        isCut = true
        await expect(machines[0]?.evict(old.actor)).rejects.toThrow("REMOTE_UNAVAILABLE")
      }
      return await own.gateway.put(key, body, options)
    },
  }
  const a = await attach(await one.open(), { ...own, gateway: fenced })
  const b = await attach(await third.open(), { ...remote, gateway: cut })
  for (const { link } of [a, b, a]) await link.sync()
  await a.engine.write([{ op: "insert", collection: "docs", id: "x", text: '{"p":"of both"}' }])

  const twin = createBench({ disk: createMemoryDisk(one.disk), seed: 2 })
  await twin.world.advance(1000)
  const copy = await attach(await twin.open(), remoteOf(bucket))
  await copy.engine.write([{ op: "patch", collection: "docs", id: "x", entries: [["q", "of the copy"]] }])
  await copy.link.sync()

  old.actor = copy.engine.status().device ?? ""
  await one.world.advance(listIntervalMs)
  await a.link.sync()
  expect(isCut).toBe(true)
  expect([...bucket.objects.keys()].some((key) => key.endsWith("/c/00000001"))).toBe(true)
  isCut = false
  old.actor = ""
  for (const { link } of [a, b, copy, a, b, copy, a]) await link.sync()
  for (const { engine } of [a, b, copy]) expect(await textOf(engine, "x")).toBe('{"p":"of both","q":"of the copy"}')
  for (const { engine } of [a, b, copy]) await engine.close()
})
