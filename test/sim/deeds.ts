/** What tests do with the devices of a simulated world: they write, make rounds, and look. Owns: how. Must not know what is tested. */
import { rowKey } from "@fixpoint/core/sync"
import type { SimulatedDevice, SimulatedWorld } from "@fixpoint/testkit"

/** One tab's way to the bucket. */
export type Machine = SimulatedDevice["process"]["machines"][number]["machine"]

/** The key of a document. */
export const keyOf = (id: string): string => rowKey("docs", id)

/** A round, whatever the doorbell says. */
export async function lookAndSync(machine: Machine): Promise<void> {
  machine.lookAgain()
  await machine.sync()
}

/** The value that a device shows of a document. */
export const shown = (device: SimulatedDevice, id: string): unknown =>
  device.disk.rows.get(keyOf(id))?.cells.get("x")?.value

/** The deeds in the world of the test that runs. */
export function deedsIn(world: () => SimulatedWorld) {
  const sync = (device: SimulatedDevice) => world().finish(device, lookAndSync)
  return {
    sync,
    put(device: SimulatedDevice, id: string, value: string): void {
      world().advance(100)
      world().commit(device, { op: "put", key: keyOf(id), field: "x", value })
    },
    async meet(...devices: SimulatedDevice[]): Promise<void> {
      for (let round = 0; round < 3; round++) for (const device of devices) await sync(device)
    },
  }
}
