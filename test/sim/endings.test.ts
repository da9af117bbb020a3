// Devices whose end was begun by somebody who is gone.
import { rowKey } from "@fixpoint/core/sync"
import { SimulatedWorld } from "@fixpoint/testkit"
import { expect, test } from "vitest"

const key = rowKey("docs", "d")

test("a fence that nobody seals is sealed by the device that it stopped, which goes on and loses nothing", async () => {
  const world = new SimulatedWorld({ seed: 1 })
  world.bucket.faults.perMille = 0
  const [sealer, fenced, reader] = [world.addDevice(), world.addDevice(), world.addDevice()]
  const devices = [sealer, fenced, reader]
  for (let round = 0; round < 3; round++)
    for (const device of devices) await world.finish(device, (machine) => machine.sync())
  const actor = fenced.disk.incarnation?.actor ?? ""
  const controls = () => [...world.bucket.objects.keys()].filter((name) => name.includes("/c/")).length
  const before = controls()
  world.start(sealer, (machine) => machine.evict(actor))
  await world.stepUntil(sealer, () => controls() > before)
  expect(controls()).toBe(before + 1)
  // The one who has begun it never comes back.
  world.commit(fenced, { op: "put", key, field: "x", value: "mine" })
  for (let round = 0; round < 3; round++)
    for (const device of [fenced, reader])
      await world.finish(device, async (machine) => {
        machine.lookAgain()
        await machine.sync()
      })
  expect(fenced.disk.incarnation?.actor).not.toBe(actor)
  expect(controls()).toBe(before + 2)
  const shown = reader.disk.rows.get(key)
  expect([...(shown?.cells.values() ?? [])].map(({ value }) => value)).toContain("mine")
  expect(reader.disk.rows.get(key)).toEqual(fenced.disk.rows.get(key))
})
