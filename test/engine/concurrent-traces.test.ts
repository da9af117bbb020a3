// What several people have typed at once, each on a device of their own around one bucket: whoever reads what others had written by then
// finds it, positions mean what they meant, and all devices end at the recorded text.
import type { Gateway } from "@fixpoint/core"
import { memoryBucket } from "@fixpoint/gateways/memory"
import { expect, test } from "vitest"
import { createBench } from "./bench.ts"
import { type ConcurrentTrace, madeUpConcurrentTrace, readTrace, recordings, type } from "./editing-traces.ts"
import { withMachines } from "./machines.ts"
import { attach, remoteOf } from "./remotes.ts"
import { openPage } from "./text-page.ts"

const recorded = recordings("clownschool")
const madeUp = "three who are made up"
const listEvery = 50

/** How many packs of each device there were, and what the doorbell said. */
interface View {
  readonly packs: readonly number[]
  readonly bell: Uint8Array | undefined
}

/** A bucket in which each device sees of others what it is to see, and no more. */
function gatedBucket(count: number) {
  const bucket = memoryBucket()
  /** Of each pack, whose it is and the how manieth. */
  const authors = new Map<string, { readonly agent: number; readonly number: number }>()
  const put = Array.from({ length: count }, () => 0)
  const seen = Array.from({ length: count }, () => Array.from({ length: count }, () => 0))
  const bells = Array.from({ length: count }, (): Uint8Array | undefined => undefined)
  let gets = 0
  const isSeen = (key: string, by: number): boolean => {
    // A run or a base would show more than a device is to see: there are packs alone.
    if (/\/p\/[12]\//.test(key)) return false
    const author = authors.get(key)
    return author === undefined || author.agent === by || author.number <= (seen[by]?.[author.agent] ?? 0)
  }
  const remote = (agent: number) => {
    const { gateway, usage } = remoteOf(bucket)
    const gated: Gateway = {
      ...gateway,
      async get(key, options) {
        if (!isSeen(key, agent)) return { kind: "notFound" }
        const body = bells[agent]
        if (!key.endsWith("/!")) return await gateway.get(key, options)
        return body === undefined ? { kind: "notFound" } : { kind: "found", body, etag: `${++gets}` }
      },
      async put(key, body, options) {
        if (key.includes("/p/0/") && !authors.has(key)) authors.set(key, { agent, number: ++put[agent]! })
        if (key.endsWith("/!")) bells[agent] = body
        return await gateway.put(key, body, options)
      },
      delete: async () => undefined,
      list: async (prefix, options) => {
        const page = await gateway.list(prefix, options)
        return { ...page, keys: page.keys.filter(({ key }) => isSeen(key, agent)) }
      },
    }
    return { gateway: gated, usage }
  }
  return {
    remote,
    /** What a device has and has seen now. */
    view: (agent: number): View => ({
      packs: seen[agent]!.map((number, of) => (of === agent ? put[of]! : number)),
      bell: bells[agent],
    }),
    show(agent: number, { packs, bell }: View): void {
      seen[agent] = seen[agent]!.map((number, of) => Math.max(number, packs[of] ?? 0))
      bells[agent] = bell
    },
  }
}

/** Transactions that a writer had read and this device has not. */
function missing(trace: ConcurrentTrace, parents: readonly number[], known: Uint8Array): number[] {
  const found: number[] = []
  const left = [...parents]
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (known[at] === 1) continue
    known[at] = 1
    found.push(at)
    left.push(...trace.txns[at]!.parents)
  }
  return found
}

test.each(recorded.length === 0 ? [madeUp] : recorded)(
  "%s: every device ends at the text",
  { timeout: 3_600_000 },
  async (name) => {
    const trace = name === madeUp ? madeUpConcurrentTrace() : readTrace<ConcurrentTrace>(name)
    const { txns, numAgents, endContent } = trace
    const gate = gatedBucket(numAgents)
    const devices: Awaited<ReturnType<typeof device>>[] = []
    for (let agent = 0; agent < numAgents; agent++) devices.push(await device(agent))
    // Everybody knows everybody before anything is typed.
    const meet = async (): Promise<void> => {
      for (let round = 0; round < 2; round++)
        for (const [agent, { link }] of devices.entries())
          for (const other of devices.keys()) {
            gate.show(agent, gate.view(other))
            await link.sync()
          }
    }
    await meet()
    const readByOthers = new Set(
      txns.flatMap(({ agent, parents }) => parents.filter((parent) => txns[parent]!.agent !== agent)),
    )
    const views = new Map<number, View>()
    const known = devices.map(() => new Uint8Array(txns.length))
    for (const [i, { agent, parents, patches }] of txns.entries()) {
      const { page, link, machines, world } = devices[agent]!
      // As it does every ten minutes: what is found there is sure, and leaves the outbox. Flushes have their time.
      if (i % listEvery === 0) {
        machines[0]?.lookAgain()
        await world.advance(50)
      }
      const news = missing(trace, parents, known[agent]!).filter((one) => views.has(one))
      // The newest of each writer tells of all before it.
      const newest = new Map(news.sort((one, other) => one - other).map((one) => [txns[one]!.agent, one]))
      if (newest.size > 0) await page.saved()
      for (const one of newest.values()) {
        gate.show(agent, views.get(one)!)
        await link.sync()
      }
      known[agent]![i] = 1
      type(page.body, patches)
      if (!readByOthers.has(i)) continue
      await page.saved()
      await link.sync()
      views.set(i, gate.view(agent))
    }
    for (const { page } of devices) await page.saved()
    await meet()
    for (const { page, engine } of devices) {
      expect(page.body.toJSON()).toBe(endContent)
      const [found] = await engine.get("notes", ["a"])
      expect((JSON.parse(found!.text) as { body: string }).body).toBe(endContent)
    }
    for (const { engine } of devices) await engine.close()

    async function device(agent: number) {
      const { loaders, machines } = withMachines()
      const bench = createBench({ fields: { notes: { body: "text" } }, seed: agent + 1, loaders })
      const engine = await bench.open()
      const { link } = await attach(engine, gate.remote(agent))
      await link.sync()
      return { engine, link, machines, world: bench.world, page: await openPage(engine, 1, { isBatched: true }) }
    }
  },
)
