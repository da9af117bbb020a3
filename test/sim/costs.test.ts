// What each case costs in requests (I15): the table of docs/bucket-protocol.md, counted.
import { rowKey } from "@fixpoint/core/sync"
import { type SimulatedDevice, SimulatedWorld } from "@fixpoint/testkit"
import { beforeEach, expect, test } from "vitest"

const key = rowKey("docs", "d")
const nothing = { get: 0, put: 0, list: 0, delete: 0 }

let world: SimulatedWorld
let writer: SimulatedDevice
let reader: SimulatedDevice

/** What one round of a device asks of the bucket. */
async function costOf(device: SimulatedDevice): Promise<Record<string, number>> {
  const before = { ...world.bucket.counts }
  await world.finish(device, (machine) => machine.sync())
  return Object.fromEntries(Object.entries(world.bucket.counts).map(([verb, n]) => [verb, n - before[verb as "get"]]))
}

const write = (device: SimulatedDevice, value: string): void =>
  world.commit(device, { op: "put", key, field: "x", value })

beforeEach(async () => {
  world = new SimulatedWorld({ seed: 1 })
  world.bucket.faults.perMille = 0
  writer = world.addDevice()
  reader = world.addDevice()
  for (let round = 0; round < 3; round++)
    for (const device of [writer, reader]) await world.finish(device, (machine) => machine.sync())
})

test("an idle look is 1 GET", async () => {
  expect(await costOf(writer)).toEqual({ ...nothing, get: 1 })
  expect(await costOf(reader)).toEqual({ ...nothing, get: 1 })
})

test("publishing is 2 PUTs, and the look before it 1 GET", async () => {
  write(writer, "a")
  expect(await costOf(writer)).toEqual({ ...nothing, get: 1, put: 2 })
})

test("a reader with hints takes 3 GETs: the doorbell, the pack, the end of the control log", async () => {
  write(writer, "a")
  await costOf(writer)
  expect(await costOf(reader)).toEqual({ ...nothing, get: 3 })
  write(writer, "b")
  await costOf(writer)
  write(writer, "c")
  await costOf(writer)
  expect(await costOf(reader)).toEqual({ ...nothing, get: 4 })
  expect(reader.disk.rows.get(key)).toEqual(writer.disk.rows.get(key))
})

test("after its own ring a device hears nothing new in 1 GET", async () => {
  write(writer, "a")
  await costOf(writer)
  expect(await costOf(writer)).toEqual({ ...nothing, get: 1 })
  expect(await costOf(writer)).toEqual({ ...nothing, get: 1 })
})

test("two that ring at once are both heard", async () => {
  const late = world.addDevice()
  for (let round = 0; round < 2; round++) for (const one of [late, writer, reader]) await costOf(one)
  write(writer, "a")
  world.commit(late, { op: "put", key: rowKey("docs", "e"), field: "x", value: "b" })
  // Each has looked before the other rings: the second ring covers the first.
  const before = world.bucket.counts.get
  world.start(writer, (machine) => machine.sync())
  world.start(late, (machine) => machine.sync())
  await world.stepUntil(writer, () => world.bucket.counts.get > before)
  await world.stepUntil(late, () => world.bucket.counts.get > before + 1)
  await world.stepUntil(writer, () => false)
  await world.stepUntil(late, () => false)
  await costOf(reader)
  // Who was covered notices at its next look, and rings again.
  await costOf(writer)
  await costOf(reader)
  expect(reader.disk.rows.size).toBe(2)
})

test("a doorbell that tells of control entries alone sends its reader to them, and to nothing else", async () => {
  const late = world.addDevice()
  for (let round = 0; round < 2; round++) for (const one of [late, writer, reader]) await costOf(one)
  write(writer, "a")
  world.commit(late, { op: "put", key: rowKey("docs", "e"), field: "x", value: "b" })
  const before = world.bucket.counts.get
  world.start(writer, (machine) => machine.sync())
  world.start(late, (machine) => machine.sync())
  await world.stepUntil(writer, () => world.bucket.counts.get > before)
  await world.stepUntil(late, () => world.bucket.counts.get > before + 1)
  await world.stepUntil(writer, () => false)
  await world.stepUntil(late, () => false)
  await world.finish(reader, async (machine) => {
    machine.lookAgain()
    await machine.sync()
  })
  // The writer, which was covered, rings again; meanwhile it has ended somebody.
  await world.finish(writer, (machine) => machine.evict(late.disk.incarnation?.actor ?? ""))
  await costOf(writer)
  // The doorbell, the fence, the seal, and the end of the control log.
  expect(await costOf(reader)).toEqual({ ...nothing, get: 4 })
})

test("a new device costs 1 PUT, 2 LISTs, and a GET for each thing that it takes", async () => {
  for (let i = 0; i < 5; i++) {
    write(writer, `v${i}`)
    await costOf(writer)
  }
  await world.finish(writer, (machine) => machine.compact("base"))
  await world.finish(writer, (machine) => machine.collectGarbage())
  write(writer, "after")
  await costOf(writer)
  const late = world.addDevice()
  const { put, list, get } = await costOf(late)
  // LISTs of the data and of the control log. GETs: the doorbell, the control log and its end, the header and the part of the base, packs, and the end again.
  expect({ put, list }).toEqual({ put: 1, list: 2 })
  expect(get).toBeLessThanOrEqual(12)
  expect(late.disk.rows.get(key)).toEqual(writer.disk.rows.get(key))
})
