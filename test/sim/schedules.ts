/**
 * Schedules that need a rule: without it, they end in a state that must not be. Owns: the order of what happens, step by step.
 * Chance meets most of these once in thousands of seeds; here they happen always. Invariant: with all rules each of them ends well.
 */
import { copyDisk, type SimulatedDevice, SimulatedWorld, type SimulationOptions } from "@fixpoint/testkit"
import { keyOf, lookAndSync } from "./deeds.ts"

type World = SimulatedWorld

/** One schedule. */
export interface Schedule {
  readonly name: string
  readonly run: (options: Partial<SimulationOptions>) => Promise<void>
}

const key = keyOf("d")

/** A world without failures, and `count` devices. In half of all seeds a copy's pack has the smaller hash, as R4 needs it: 3 is one. */
function quiet(options: Partial<SimulationOptions>, count: number): { world: World; devices: SimulatedDevice[] } {
  const world = new SimulatedWorld({ seed: 3, ...options })
  world.bucket.faults.perMille = 0
  const devices = Array.from({ length: count }, () => world.addDevice())
  for (const device of devices) device.skewMs = 0
  return { world, devices }
}

const sync = (world: World, device: SimulatedDevice) => world.finish(device, lookAndSync)

/** Everybody says what they have seen, and hears it of the others. */
async function meet(world: World, devices: readonly SimulatedDevice[]): Promise<void> {
  for (let round = 0; round < 3; round++)
    for (const device of devices) {
      world.advance(100)
      await world.finish(device, async (machine) => {
        machine.lookAgain()
        await machine.announce()
      })
    }
}

/** Comes to rest, and checks everything. */
async function end(world: World): Promise<void> {
  await world.settle()
  world.check("at the end")
  const late = world.addDevice()
  for (let i = 0; i < 3; i++) await sync(world, late)
  world.check("with a late device")
}

async function begin(options: Partial<SimulationOptions>, count: number) {
  const { world, devices } = quiet(options, count)
  for (const device of devices) await sync(world, device)
  const [first] = devices as [SimulatedDevice]
  world.advance(1_000)
  world.commit(first, { op: "insert", key, field: "x", value: "old" })
  world.commit(first, { op: "set", key, field: "y", value: "stays" })
  await meet(world, devices)
  return { world, devices }
}

const compact = async (world: World, device: SimulatedDevice, kind: "base" | "run" = "base"): Promise<void> => {
  await world.finish(device, (machine) => machine.compact(kind))
  await world.finish(device, (machine) => machine.collectGarbage())
}

/** A copy that is about to publish, while the original has published, and its pack has gone into a base and been deleted. */
async function copied(options: Partial<SimulationOptions>, count: number) {
  const { world, devices } = await begin(options, count)
  const [x, other] = devices as [SimulatedDevice, SimulatedDevice]
  const copy = world.addDevice(x)
  await sync(world, copy)
  const { heads } = copy.disk
  world.commit(copy, { op: "set", key, field: "y", value: "copy" })
  world.start(copy, (machine) => machine.sync())
  await world.stepUntil(copy, () => copy.disk.heads !== heads)
  world.advance(1_000)
  world.commit(x, { op: "set", key, field: "x", value: "original" })
  await sync(world, x)
  await sync(world, other)
  await compact(world, other)
  return { world, devices, copy }
}

/** A PUT is on its way when its process ends, and arrives when the next one, on what is left of the disk, has looked and published. */
async function recut(options: Partial<SimulationOptions>, left: (device: SimulatedDevice) => SimulatedDevice["disk"]) {
  const { world, devices } = await begin({ ...options, createIfAbsent: false }, 2)
  const [x] = devices as [SimulatedDevice, SimulatedDevice]
  world.advance(1_000)
  x.strict = copyDisk(x.disk)
  world.commit(x, { op: "set", key, field: "x", value: "first" })
  const before = new Set(world.bucket.objects.keys())
  world.start(x, (machine) => machine.sync())
  const late = () => [...world.bucket.objects].find(([name]) => !before.has(name))
  await world.stepUntil(x, () => late() !== undefined)
  const [name, object] = late() ?? ["", undefined]
  world.bucket.objects.delete(name)
  world.restart(x, left(x))
  world.commit(x, { op: "set", key, field: "x", value: "second" })
  await sync(world, x)
  if (object !== undefined) world.bucket.objects.set(name, object)
  await end(world)
}

const dropBase = (device: SimulatedDevice): boolean => device.disk.rows.has(key)

/** All schedules, by what they are for. */
export const schedules = {
  /** A deletion is dropped by a base while one device has not seen it, and that device has an older write to the same field. */
  horizon: {
    name: "a late write of a device that has not seen a deletion",
    run: async (options) => {
      const { world, devices } = await begin(options, 3)
      const [y, z, other] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
      world.advance(1_000)
      world.commit(z, { op: "set", key, field: "x", value: "late" })
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "x", value: undefined })
      await meet(world, [y, other])
      await compact(world, y)
      const fresh = world.addDevice()
      await sync(world, fresh)
      await end(world)
    },
  },
  /** A new device has taken one base; the deletion that came after it is dropped by the next base before the device got to it. */
  absence: {
    name: "a deletion that is collected between two steps of a new device",
    run: async (options) => {
      const { world, devices } = await begin(options, 2)
      const [y] = devices as [SimulatedDevice, SimulatedDevice]
      await compact(world, y)
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "x", value: undefined })
      await meet(world, devices)
      const fresh = world.addDevice()
      world.start(fresh, lookAndSync)
      await world.stepUntil(fresh, () => dropBase(fresh))
      await compact(world, y)
      await end(world)
    },
  },
  /** A device that is not registered lists before a deletion is published, and writes below it after it was collected. */
  register: {
    name: "a new device that has listed and is not known yet",
    run: async (options) => {
      const { world, devices } = await begin(options, 2)
      const [y] = devices as [SimulatedDevice, SimulatedDevice]
      await compact(world, y)
      const fresh = world.addDevice()
      fresh.skewMs = -60_000
      world.start(fresh, lookAndSync)
      // It has its first pack ready: with the rule at the very beginning, without it when it has listed.
      await world.stepUntil(fresh, () => fresh.disk.outbox.length > 0)
      world.commit(fresh, { op: "set", key, field: "x", value: "from the new device" })
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "x", value: undefined })
      await meet(world, devices)
      await compact(world, y)
      await end(world)
    },
  },
  /** A copy of a device publishes under a name that was deleted; a reader is just there. */
  boundary: {
    name: "a copy that publishes where the original's pack was deleted, seen by a reader",
    run: async (options) => {
      const { world, copy, devices } = await copied(options, 3)
      const before = world.bucket.counts.put
      await world.stepUntil(copy, () => world.bucket.counts.put > before)
      await world.bucket.step(copy.process)
      await sync(world, devices[2] as SimulatedDevice)
      await end(world)
    },
  },
  /** The copy goes on. */
  copy: {
    name: "a copy that publishes where the original's packs were deleted, and goes on",
    run: async (options) => {
      const { world, copy } = await copied(options, 2)
      await world.stepUntil(copy, () => false)
      await end(world)
    },
  },
  /** A device is put back to an older state of its disk, and writes. */
  restore: {
    name: "a device that was restored from a backup",
    run: async (options) => {
      const { world, devices } = await begin(options, 2)
      const [x, other] = devices as [SimulatedDevice, SimulatedDevice]
      const backup = copyDisk(x.disk)
      world.advance(1_000)
      world.commit(x, { op: "set", key, field: "x", value: "lost here, and published" })
      await sync(world, x)
      await sync(world, other)
      world.restart(x, backup)
      world.commit(x, { op: "set", key, field: "x", value: "written again" })
      await end(world)
    },
  },
  /** The answer of a PUT is lost with the process that made it, and more is written. */
  recut: {
    name: "a pack that was put by a process that ended before it knew",
    run: (options) => recut(options, ({ disk }) => disk),
  },
  /** The power goes when a pack is on its way: what it was cut from has to be on the disk by then. */
  barrier: {
    name: "a pack that was on its way when the power went",
    run: (options) => recut(options, ({ strict }) => strict),
  },
  /** Two bases, one above the other, and garbage. */
  order: {
    name: "two bases, and what they replace",
    run: async (options) => {
      const { world, devices } = await begin(options, 2)
      const [y] = devices as [SimulatedDevice, SimulatedDevice]
      await world.finish(y, (machine) => machine.compact("base"))
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "x", value: "newer" })
      await meet(world, devices)
      await world.finish(y, (machine) => machine.compact("base"))
      await world.finish(y, (machine) => machine.collectGarbage())
      world.published.checkCoverage()
      await end(world)
    },
  },
  /** A deletion that everybody had seen, and a run above a base that still has what was deleted. */
  run: {
    name: "a run above a base that holds what the run's maker has collected",
    run: async (options) => {
      const { world, devices } = await begin(options, 2)
      const [y] = devices as [SimulatedDevice, SimulatedDevice]
      await compact(world, y)
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "x", value: undefined })
      world.commit(y, { op: "set", key, field: "y", value: "still" })
      await meet(world, devices)
      await compact(world, y, "run")
      const fresh = world.addDevice()
      await sync(world, fresh)
      world.check("with a new device")
      await end(world)
    },
  },
  /** The maker of a run has taken a base that collected, and begins the run at an older one. */
  floor: {
    name: "a run that begins below what its maker has collected",
    run: async (options) => {
      const { world, devices } = await begin(options, 2)
      const [y] = devices as [SimulatedDevice, SimulatedDevice]
      const bases = () => [...world.bucket.objects].filter(([name]) => name.includes("/p/2/"))
      await compact(world, y)
      const older = bases()
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "x", value: undefined })
      await meet(world, devices)
      const fresh = world.addDevice()
      world.start(fresh, lookAndSync)
      await world.stepUntil(fresh, () => dropBase(fresh))
      await compact(world, y)
      // Another new device knows of the deletion only by what the second base lacks.
      const late = world.addDevice()
      await sync(world, late)
      world.commit(late, { op: "set", key, field: "y", value: "late" })
      await sync(world, late)
      const second = bases()
      world.advance(1_000)
      world.commit(y, { op: "set", key, field: "z", value: "newer" })
      await sync(world, y)
      await world.finish(y, (machine) => machine.compact("base"))
      // Whoever deletes has come no further than the second base; the first one is still there.
      for (const [name] of second) world.bucket.objects.delete(name)
      for (const [name, object] of older) world.bucket.objects.set(name, object)
      await world.finish(late, (machine) => machine.compact("run"))
      await world.stepUntil(fresh, () => false)
      await end(world)
    },
  },
  /** A device publishes while another one ends it, and a third reads in between. */
  fence: {
    name: "a device that publishes while it is being sealed",
    run: async (options) => {
      const { world, devices } = await begin(options, 3)
      const [sealer, x, reader] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
      const actor = x.disk.incarnation?.actor ?? ""
      const lists = world.bucket.counts.list
      world.start(sealer, (machine) => machine.evict(actor))
      await world.stepUntil(sealer, () => world.bucket.counts.list > lists)
      world.advance(1_000)
      world.commit(x, { op: "set", key, field: "x", value: "at the last moment" })
      await world.finish(x, (machine) => machine.sync())
      await sync(world, reader)
      await world.stepUntil(sealer, () => false)
      world.advance(1_000)
      await end(world)
    },
  },
  /** A device reads a pack, and is slow; meanwhile its author is fenced and sealed below it. */
  control: {
    name: "a reader that has a pack whose author is sealed below it",
    run: async (options) => {
      const { world, devices } = await begin(options, 3)
      const [sealer, x, reader] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
      const actor = x.disk.incarnation?.actor ?? ""
      const before = world.bucket.objects.size
      world.start(sealer, (machine) => machine.evict(actor))
      // The fence is there, and the sealer has looked for what the seal is to name.
      await world.stepUntil(sealer, () => world.bucket.objects.size > before)
      const { list } = world.bucket.counts
      await world.stepUntil(sealer, () => world.bucket.counts.list > list)
      world.advance(1_000)
      world.commit(x, { op: "set", key, field: "x", value: "too late" })
      const objects = world.bucket.objects.size
      world.start(x, (machine) => machine.sync())
      await world.stepUntil(x, () => world.bucket.objects.size > objects)
      await sync(world, reader)
      await world.stepUntil(sealer, () => false)
      await end(world)
    },
  },
} as const satisfies Readonly<Record<string, Schedule>>
