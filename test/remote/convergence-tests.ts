/** Whole engines that sync through a bucket of a real server, each a device of its own: what they wrote apart is what all of them show. */
import { randomUUID } from "node:crypto"
import type { Gateway } from "@fixpoint/core"
import { collection, counter, type Database, fixpoint, keys, set } from "fixpoint/edge"
import { describe, expect, test } from "vitest"
import { FaultProxy } from "../harness/fault-proxy.ts"
import type { Radosgw } from "../harness/radosgw.ts"
import { gatewayTo, type S3Home } from "./s3-place.ts"

interface Todo {
  _id?: string
  title?: string
  votes?: number
  labels?: string[]
}

const collections = { todos: collection<Todo>({ fields: { votes: counter(), labels: set() } }) }
const secret = keys.raw(new Uint8Array(32).fill(7))
const timeout = 120_000

/** Devices of one database, at places of one bucket that `open` gives. */
function devicesOf(count: number, open: () => Gateway) {
  const name = randomUUID()
  return Array.from({ length: count }, (_, n) => {
    const db = fixpoint(name, { collections, keys: secret, storage: { memory: `device ${n}` } })
    return { db, link: db.attach(open()), todos: db.collections.todos }
  })
}

type Device = ReturnType<typeof devicesOf>[number]

async function meet(devices: readonly Device[]): Promise<void> {
  for (let round = 0; round < 3; round++) for (const { link } of devices) await link.sync()
}

async function expectConverged(devices: readonly Device[]): Promise<void> {
  const [first, ...others] = devices
  for (const { db } of others) expect(await first?.db.hasConverged(db as unknown as Database<never>)).toBe(true)
  for (const { link } of devices) expect(link.status).toMatchObject({ pending: 0, lastError: undefined })
}

/** Everybody writes: a document of its own, a field, an addition and a label of one that all share. */
async function writeApart(devices: readonly Device[], round: number): Promise<void> {
  await Promise.all(
    devices.map(async ({ todos }, n) => {
      await todos.put({ _id: `own ${n} ${round}`, title: `of ${n}` })
      await todos.increment("shared", "votes", 1)
      await todos.add("shared", "labels", `${n}/${round}`)
    }),
  )
}

async function expectAll(devices: readonly Device[], rounds: number): Promise<void> {
  for (const { todos } of devices) {
    expect(await todos.where({}).count()).toBe(1 + devices.length * rounds)
    const shared = await todos.get("shared")
    expect(shared?.votes).toBe(devices.length * rounds)
    expect(shared?.labels).toHaveLength(devices.length * rounds)
  }
}

const close = (devices: readonly Device[]) => Promise.all(devices.map(({ db }) => db.close()))

/** Registers what every server that stores objects is enough for. */
export function describeConvergence(home: () => S3Home, bucket: string): void {
  describe("whole engines", () => {
    for (const count of [2, 5])
      test(`${count} devices that write the same and different documents apart come to one state`, {
        timeout,
      }, async () => {
        const prefix = `test/${randomUUID()}`
        const devices = devicesOf(count, () => gatewayTo(home(), bucket, { prefix }))
        await devices[0]?.todos.put({ _id: "shared", title: "of all", votes: 0, labels: [] })
        await meet(devices)
        for (const round of [1, 2]) {
          await writeApart(devices, round)
          await meet(devices)
        }
        await expectAll(devices, 2)
        await expectConverged(devices)
        await close(devices)
      })
  })
}

/** Registers what happens on the way to a server, and to it. */
export function describeTrouble(server: () => Radosgw, bucket: string): void {
  test("PUTs that time out and have landed are met as one's own: nothing is lost, nothing counts twice", {
    timeout,
  }, async () => {
    const proxy = await FaultProxy.start(server().endpoint)
    const prefix = `test/${randomUUID()}`
    const through = { endpoint: proxy.url, keys: server().keys }
    const devices = devicesOf(2, () => gatewayTo(through, bucket, { prefix, timeoutMs: 10_000 }))
    await devices[0]?.todos.put({ _id: "shared", title: "of all", votes: 0, labels: [] })
    await meet(devices)
    let puts = 0
    proxy.plan = ({ method }) => (method === "PUT" && puts++ % 2 === 0 ? { kind: "lost" } : undefined)
    for (const round of [1, 2, 3]) {
      await writeApart(devices, round)
      // A round may fail for good where its answers are lost: the next one goes on.
      for (const { link } of devices) await link.sync().catch(() => undefined)
    }
    expect(puts).toBeGreaterThan(5)
    proxy.plan = () => undefined
    await meet(devices)
    await expectAll(devices, 3)
    await expectConverged(devices)
    await close(devices)
    await proxy.stop()
  })

  test("a server that is killed while devices publish has all of it once it is back", { timeout }, async () => {
    const prefix = `test/${randomUUID()}`
    const devices = devicesOf(2, () => gatewayTo(server(), bucket, { prefix, timeoutMs: 5_000 }))
    await devices[0]?.todos.put({ _id: "shared", title: "of all", votes: 0, labels: [] })
    await meet(devices)
    await writeApart(devices, 1)
    const publishing = devices.map(({ link }) => link.sync().catch(() => undefined))
    await server().killGateway()
    await writeApart(devices, 2)
    await Promise.all(publishing)
    expect(devices.some(({ link }) => link.status.pending > 0)).toBe(true)
    await server().startGateway()
    for (const { link } of devices) link.resume()
    await meet(devices)
    await expectAll(devices, 2)
    await expectConverged(devices)
    await close(devices)
  })
}
