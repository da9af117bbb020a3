// A bucket that lies, forgets and damages: each attack has its outcome, and nothing else suffers.
import { FixpointError } from "@fixpoint/core/errors"
import { packRetentionMs } from "../../packages/core/src/base/limits.ts"
import { plainCodec, type SimulatedDevice, SimulatedWorld } from "@fixpoint/testkit"
import { beforeEach, describe, expect, test } from "vitest"
import { deedsIn, lookAndSync, shown } from "./deeds.ts"

type Objects = SimulatedWorld["bucket"]["objects"]

const minuteMs = 60_000
const hourMs = 60 * minuteMs

let world: SimulatedWorld
let a: SimulatedDevice
let b: SimulatedDevice

const { sync, put, meet } = deedsIn(() => world)

function replace(objects: Objects, by: ReadonlyMap<string, { bytes: Uint8Array; etag: string }>): void {
  objects.clear()
  for (const [name, object] of by) objects.set(name, object)
}

/** How many packs of a device are in the bucket. */
const packsOf = ({ disk }: SimulatedDevice): number =>
  [...world.bucket.objects.keys()].filter((name) => name.includes(`/p/0/${disk.incarnation?.actor ?? ""}/`)).length

const damaged = (bytes: Uint8Array): Uint8Array => new TextEncoder().encode(new TextDecoder().decode(bytes).slice(1))

async function begin(options: { readonly packRetentionMs?: number } = {}): Promise<void> {
  world = new SimulatedWorld({ seed: 1, ...options })
  world.bucket.faults.perMille = 0
  a = world.addDevice()
  b = world.addDevice()
  for (const device of [a, b]) device.skewMs = 0
  await meet(a, b)
  put(a, "1", "from a")
  put(b, "2", "from b")
  await meet(a, b)
}

beforeEach(() => begin())

test("3: a bucket put back to an older state is noticed by who has more, and made whole again", async () => {
  const old = new Map(world.bucket.objects)
  put(a, "1", "newer")
  await meet(a, b)
  replace(world.bucket.objects, old)
  await meet(b)
  expect(world.alarms).toEqual({ REMOTE_ROLLBACK: 1 })
  const late = world.addDevice()
  await meet(late)
  expect(shown(late, "1")).toBe("newer")
})

test("3: an emptied bucket is made anew by any device that has everything", async () => {
  world.bucket.objects.clear()
  await meet(b, a)
  const late = world.addDevice()
  await meet(late, a, b)
  expect(Object.keys(world.alarms)).toEqual(["REMOTE_ROLLBACK"])
  expect([shown(late, "1"), shown(late, "2")]).toEqual(["from a", "from b"])
  expect([...world.bucket.objects.keys()].some((name) => name.endsWith("/c/00000000"))).toBe(true)
})

const entriesIn = () => [...world.bucket.objects.keys()].flatMap((name) => name.split("/c/").slice(1))
const loseEntry = (entry: string) => {
  for (const name of world.bucket.objects.keys()) if (name.endsWith(`/c/${entry}`)) world.bucket.objects.delete(name)
}
/** Nothing is taken in, and the log stays as it is. */
async function waits(device: SimulatedDevice): Promise<void> {
  const before = entriesIn()
  await sync(device)
  expect([entriesIn(), device.disk.rows.size]).toEqual([before, 0])
}

test.each([
  ["the beginning, alone", "00000000", 1],
  ["the beginning, with others behind it", "00000000", 3],
  ["one in the middle", "00000001", 3],
  ["the last", "00000002", 3],
])(
  "3: %s of the control log, once lost, is put back by who has it; nobody begins another log",
  async (_, lost, count) => {
    const gone = world.addDevice()
    if (count > 1) {
      await meet(gone)
      await world.finish(a, (machine) => machine.evict(gone.disk.incarnation?.actor ?? ""))
      gone.isDead = true
      await meet(a, b)
    }
    const all = entriesIn()
    expect(all).toHaveLength(count)
    loseEntry(lost)
    const late = world.addDevice()
    const isEnd = Number(lost) === count - 1 && count > 1
    // Nobody can see that the last entry is not there, but for who has it.
    if (isEnd) await sync(late)
    else await waits(late)
    expect(entriesIn()).toHaveLength(count - 1)
    // A device that runs looks at all of it now and then.
    world.advance(11 * minuteMs)
    await world.finish(b, (machine) => machine.sync())
    expect(entriesIn().sort()).toEqual(all.sort())
    await sync(late)
    put(late, "3", "from late")
    await meet(late, a, b)
    for (const device of [a, b, late])
      expect(["1", "2", "3"].map((id) => shown(device, id))).toEqual(["from a", "from b", "from late"])
  },
)

test("3: where all who knew the log's beginning are gone, adopting goes on with what is there", async () => {
  loseEntry("00000000")
  const late = world.addDevice()
  await waits(late)
  await world.finish(late, (machine) => machine.adopt())
  await meet(late)
  expect(["1", "2"].map((id) => shown(late, id))).toEqual(["from a", "from b"])
})

test("3: where nobody has an entry of the log's middle any more, adopting goes on without it and what came behind it", async () => {
  const gone = world.addDevice()
  await meet(gone)
  await world.finish(a, (machine) => machine.evict(gone.disk.incarnation?.actor ?? ""))
  for (const device of [a, b, gone]) device.isDead = true
  loseEntry("00000001")
  const late = world.addDevice()
  await waits(late)
  await world.finish(late, (machine) => machine.adopt())
  await meet(late)
  expect(entriesIn()).toEqual(["00000000"])
  expect(["1", "2"].map((id) => shown(late, id))).toEqual(["from a", "from b"])
})

test("3: adopting while the bucket cannot be asked changes nothing: who was ended is still known to be", async () => {
  const gone = world.addDevice()
  await meet(gone)
  await world.finish(a, (machine) => machine.evict(gone.disk.incarnation?.actor ?? ""))
  gone.isDead = true
  const { content } = world.bucket
  const { get } = content
  content.get = () => {
    throw new FixpointError("REMOTE_TIMEOUT")
  }
  await world.finish(a, (machine) => machine.adopt())
  content.get = get
  world.bucket.objects.clear()
  await sync(a)
  expect(entriesIn().sort()).toEqual(["00000000", "00000001", "00000002"])
})

test("3: what a device has put into the log it can put back, also when it has been killed since", async () => {
  const gone = world.addDevice()
  await meet(gone)
  await world.finish(a, (machine) => machine.evict(gone.disk.incarnation?.actor ?? ""))
  gone.isDead = true
  world.restart(a, a.disk)
  loseEntry("00000001")
  await sync(a)
  expect(entriesIn().sort()).toEqual(["00000000", "00000001", "00000002"])
})

test("3: an old doorbell is only a hint", async () => {
  const doorbell = [...world.bucket.objects].find(([name]) => name.endsWith("!"))
  put(a, "1", "newer")
  await world.finish(a, (machine) => machine.sync())
  if (doorbell !== undefined) world.bucket.objects.set(doorbell[0], { ...doorbell[1], etag: "old" })
  await world.finish(b, (machine) => machine.sync())
  expect(shown(b, "1")).toBe("from a")
  world.advance(11 * minuteMs)
  await world.finish(b, (machine) => machine.sync())
  expect([shown(b, "1"), world.alarms]).toEqual(["newer", {}])
})

test.each([
  ["its last pack", /\/p\/0\//, false],
  ["the base that its packs are in", /\/p\/2\/.*h$/, true],
])(
  "whoever is ended keeps what others have of it, though %s is damaged on its way to who ends it",
  async (_, name, inBase) => {
    const c = world.addDevice()
    await meet(c, a, b)
    put(c, "3", "from c")
    await meet(c, a)
    if (inBase) {
      await world.finish(a, (machine) => machine.compact("base"))
      await world.finish(a, (machine) => machine.collectGarbage())
    }
    const { actor = "" } = c.disk.incarnation ?? {}
    c.isDead = true
    const { content } = world.bucket
    const get = content.get.bind(content)
    let damages = 0
    content.get = (key, ...more) => {
      const found = get(key, ...more)
      const isIt = name.test(key) && (inBase || key.includes(actor)) && damages < 2
      if (!isIt || found.kind !== "found") return found
      damages++
      return { ...found, body: damaged(found.body) as typeof found.body }
    }
    await world.finish(b, (machine) => machine.evict(actor))
    expect(damages).toBe(2)
    await world.settle()
    world.check("at the end")
    const late = world.addDevice()
    await meet(late)
    expect(shown(late, "3")).toBe("from c")
  },
)

test("whoever is ended keeps all, though each of its packs is damaged at first on its way to who ends it", async () => {
  const c = world.addDevice()
  await meet(c, a, b)
  for (const id of ["3", "4", "5", "6", "7"]) {
    put(c, id, "from c")
    await meet(c, a)
  }
  const { actor = "" } = c.disk.incarnation ?? {}
  c.isDead = true
  const { content } = world.bucket
  const get = content.get.bind(content)
  const damagedOnce = new Set<string>()
  content.get = (key, ...more) => {
    const found = get(key, ...more)
    if (found.kind !== "found" || !key.includes(`/p/0/${actor}`) || damagedOnce.has(key)) return found
    damagedOnce.add(key)
    return { ...found, body: damaged(found.body) as typeof found.body }
  }
  await world.finish(b, (machine) => machine.evict(actor))
  expect(damagedOnce.size).toBeGreaterThan(4)
  await world.settle()
  world.check("at the end")
  const late = world.addDevice()
  await meet(late)
  expect(shown(late, "7")).toBe("from c")
})

test("a base that its own maker cannot read is not put, and nothing is deleted for it", async () => {
  const codecOf = (dice: SimulatedWorld["dice"]) => ({
    ...plainCodec("space", dice),
    openPart: () => Promise.reject(new FixpointError("BLOCK_CORRUPT")),
  })
  world = new SimulatedWorld({ seed: 1, codecOf })
  world.bucket.faults.perMille = 0
  const maker = world.addDevice()
  put(maker, "1", "kept")
  await meet(maker)
  const before = [...world.bucket.objects.keys()]
  await expect(world.finish(maker, (machine) => machine.compact("base"))).rejects.toMatchObject({ code: "INTERNAL" })
  expect([...world.bucket.objects.keys()]).toEqual(before)
})

test("4: two views that meet again: what one device published in both is told, and all come to one state", async () => {
  const copy = world.addDevice(a)
  // What the copy does is over when the original's clock has passed it.
  copy.skewMs = -10_000
  await sync(copy)
  const here = new Map(world.bucket.objects)
  put(a, "1", "in one view")
  await meet(a)
  put(a, "3", "more in one view")
  await meet(a)
  const one = new Map(world.bucket.objects)
  replace(world.bucket.objects, here)
  world.published.packs.clear()
  put(copy, "2", "in the other view")
  await meet(copy, b)
  const other = new Map(world.bucket.objects)
  world.published.packs.clear()
  replace(world.bucket.objects, new Map([...other, ...one]))
  await meet(b)
  expect(Object.keys(world.alarms)).toContain("FORK_DETECTED")
  await world.finish(a, (machine) => machine.compact("base"))
  await meet(a, b, copy)
  await meet(a, b, copy)
  for (const device of [b, copy])
    for (const id of ["1", "2", "3"])
      expect([device.name, id, shown(device, id)]).toEqual([device.name, id, shown(a, id)])
  expect([shown(a, "1"), shown(a, "3")]).toEqual(["in one view", "more in one view"])
})

test("4: a pack of a copy in the place of an own one is no pack that was sent", async () => {
  const { actor } = a.disk.incarnation ?? {}
  const copy = world.addDevice(a)
  await sync(copy)
  put(a, "1", "by the original")
  // The original has looked before the copy publishes, and publishes after it.
  const gets = world.bucket.counts.get
  world.start(a, (machine) => machine.sync())
  await world.stepUntil(a, () => world.bucket.counts.get > gets)
  put(copy, "3", "by the copy")
  await world.finish(copy, (machine) => machine.sync())
  await world.stepUntil(a, () => false)
  expect([copy.disk.incarnation?.actor, a.disk.incarnation?.actor === actor]).toEqual([actor, false])
  await meet(a, copy, b)
  for (const device of [a, b, copy])
    expect([device.name, shown(device, "1"), shown(device, "3")]).toEqual([
      device.name,
      "by the original",
      "by the copy",
    ])
})

test("4: a copy that published where its original's pack was deleted makes no base of that", async () => {
  const copy = world.addDevice(a)
  copy.skewMs = 0
  await sync(copy)
  const bell = [...world.bucket.objects].filter(([name]) => name.endsWith("/!"))
  put(a, "1", "of the original")
  await sync(a)
  await sync(b)
  await world.finish(b, (machine) => machine.compact("base"))
  await world.finish(b, (machine) => machine.collectGarbage())
  // Nothing rings: the copy's next list is minutes away.
  for (const [name, object] of bell) world.bucket.objects.set(name, object)
  put(copy, "2", "of the copy")
  await world.finish(copy, (machine) => machine.sync())
  await world.finish(copy, (machine) => machine.compact("base"))
  await world.finish(b, (machine) => machine.collectGarbage())
  await world.settle()
  world.check("at the end")
  const late = world.addDevice()
  await meet(late)
  expect([shown(late, "1"), shown(late, "2")]).toEqual(["of the original", "of the copy"])
})

test("4: a copy that has not heard of its original meets that one's pack, though a base has it, and is taken for it by nobody", async () => {
  await begin({ packRetentionMs })
  const reader = world.addDevice()
  await meet(reader, a, b, reader)
  const copy = world.addDevice(a)
  copy.skewMs = 0
  await sync(copy)
  const bell = [...world.bucket.objects].filter(([name]) => name.endsWith("/!"))
  put(a, "1", "of the original")
  await meet(a, b, a)
  a.isDead = true
  await world.finish(b, (machine) => machine.compact("base"))
  await world.finish(b, (machine) => machine.collectGarbage())
  // Nothing rings for that.
  for (const [name, object] of bell) world.bucket.objects.set(name, object)
  put(copy, "2", "of the copy")
  await world.finish(copy, (machine) => machine.sync())
  await world.finish(reader, (machine) => machine.sync())
  await sync(reader)
  await world.settle()
  world.check("at the end")
  for (const device of [b, copy, reader])
    expect([device.name, shown(device, "1"), shown(device, "2")]).toEqual([
      device.name,
      "of the original",
      "of the copy",
    ])
  expect(packsOf(a)).toBeGreaterThan(0)
  world.advance(packRetentionMs)
  await world.finish(b, (machine) => machine.collectGarbage())
  expect(packsOf(a)).toBe(0)
})

test("5: the log of one device is withheld: who depends on it waits and is told of, everything else goes on", async () => {
  const c = world.addDevice()
  const reader = world.addDevice()
  await meet(c, reader)
  put(a, "1", "withheld")
  await sync(a)
  await sync(b)
  put(b, "2", "has seen it")
  await sync(b)
  put(c, "3", "has not seen it")
  const hidden = [...world.bucket.objects]
    .filter(([name]) => name.includes(`/${a.disk.incarnation?.actor ?? ""}/`))
    .at(-1)
  if (hidden !== undefined) world.bucket.objects.delete(hidden[0])
  const cActor = c.disk.incarnation?.actor
  await world.finish(c, async (machine) => machine.sync())
  await sync(reader)
  expect([cActor, shown(reader, "3"), shown(reader, "2")]).toEqual([cActor, "has not seen it", "from b"])
  world.advance(hourMs)
  await sync(reader)
  expect(Object.keys(world.alarms)).toContain("REMOTE_GAP")
  // Whoever has it puts it back.
  await meet(b, reader)
  expect([shown(reader, "1"), shown(reader, "2")]).toEqual(["withheld", "has seen it"])
})

describe("6, 7, 8: any one object", () => {
  /** Both devices begin anew with a bucket that holds a base, and a pack above it. */
  async function beginWithBase(): Promise<void> {
    await begin()
    await world.finish(a, (machine) => machine.compact("base"))
    put(a, "3", "after the base")
    await meet(a, b)
    for (const device of [a, b]) world.restart(device, device.disk)
    // The oracle reads every object, and does not expect damage.
    world.bucket.content.onPut = () => undefined
  }

  test.each(["deleted", "damaged"])("%s is healed or told, and no document is lost or changed", async (how) => {
    await beginWithBase()
    for (const name of world.bucket.objects.keys()) {
      // A failure ends a world.
      await beginWithBase()
      const { bytes } = world.bucket.objects.get(name) as { bytes: Uint8Array }
      if (how === "deleted") world.bucket.objects.delete(name)
      else world.bucket.objects.set(name, { bytes: damaged(bytes), etag: "damaged" })
      const late = world.addDevice()
      const codes: unknown[] = []
      const met = meet(a, b).then(() => meet(late))
      await met.catch((error: unknown) => void codes.push((error as { code: string }).code))
      const isWhole = ["1", "2", "3"].every((id) => shown(late, id) === shown(a, id))
      const isTold = Object.keys(world.alarms).length + codes.length > 0
      expect([name, isWhole || isTold]).toEqual([name, true])
      // Damage of the log alone stops anybody.
      expect([name, codes]).toEqual([name, how === "damaged" && name.includes("/c/") ? ["BLOCK_CORRUPT"] : []])
      expect([shown(a, "1"), shown(b, "2"), shown(a, "3")]).toEqual(["from a", "from b", "after the base"])
    }
  })
})

test("14: a stamp of the far future waits for its time, and moves nobody's clock", async () => {
  const c = world.addDevice()
  c.skewMs = 48 * hourMs
  await meet(c)
  put(c, "1", "from the future")
  await meet(c, b)
  expect([shown(b, "1"), Object.keys(world.alarms)]).toEqual(["from a", ["CLOCK_AHEAD"]])
  put(b, "2", "now")
  await meet(b, a)
  expect([shown(a, "2"), b.disk.hlc < c.disk.hlc - 1]).toEqual(["now", true])
  world.advance(25 * hourMs)
  await meet(b)
  expect(shown(b, "1")).toBe("from the future")
})

test.each([
  ["is told, and nothing of it is taken", false, ["from a", undefined, ["FORK_DETECTED"]]],
  [
    "is told, and gives way to a base that has the true one, though it claims to be that",
    true,
    ["honest", "honest", ["FORK_DETECTED"]],
  ],
])("a pack of an actor that does not follow on its last one %s", async (_, hasBase, outcome) => {
  const { actor = "" } = a.disk.incarnation ?? {}
  put(a, "1", "honest")
  put(a, "3", "honest")
  await sync(a)
  if (hasBase) await world.finish(a, (machine) => machine.compact("base"))
  const own = [...world.bucket.objects].filter(([one]) => one.includes(`/p/0/${actor}`))
  const [name, { bytes }] = own.at(-1) as (typeof own)[number]
  const forged = new TextDecoder().decode(bytes).replaceAll("honest", "forged")
  world.bucket.objects.set(name, { bytes: new TextEncoder().encode(forged), etag: "forged" })
  await meet(b)
  expect([shown(b, "1"), shown(b, "3"), Object.keys(world.alarms)]).toEqual(outcome)
})

test("a base of which a part is damaged is passed over, and told, while there are the packs", async () => {
  await world.finish(a, (machine) => machine.compact("base"))
  const parts = [...world.bucket.objects].filter(([name]) => /\/p\/2\/.*\/0$/.test(name))
  for (const [name, { bytes }] of parts) world.bucket.objects.set(name, { bytes: damaged(bytes), etag: "damaged" })
  const late = world.addDevice()
  await sync(late)
  expect([parts.length, shown(late, "1"), shown(late, "2"), world.alarms]).toEqual([
    1,
    "from a",
    "from b",
    { BLOCK_CORRUPT: 1 },
  ])
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "of two packs of one place, where a bucket keeps none out, the smaller hash counts for author, copy and reader (%s)",
  async (seed) => {
    world = new SimulatedWorld({ seed, createIfAbsent: false })
    world.bucket.faults.perMille = 0
    // The oracle knows of one content for each place.
    world.bucket.content.onPut = () => undefined
    a = world.addDevice()
    b = world.addDevice()
    for (const device of [a, b]) device.skewMs = 0
    await meet(a, b)
    put(a, "1", "before")
    await meet(a, b)
    const { actor = "" } = a.disk.incarnation ?? {}
    const copy = world.addDevice(a)
    put(a, "1", "by the original")
    put(copy, "2", "by the copy")
    const twins: SimulatedDevice["disk"]["outbox"][number][] = []
    for (const device of [a, copy]) {
      const { heads } = device.disk
      world.start(device, (machine) => machine.sync())
      await world.stepUntil(device, () => device.disk.heads !== heads)
      twins.push(device.disk.outbox.at(-1) as (typeof twins)[number])
    }
    for (const device of [a, copy]) await world.stepUntil(device, () => false)
    expect(twins[0]?.lo).toBe(twins[1]?.lo)
    await sync(b)
    const smaller = twins.toSorted((one, other) => ((one.hash ?? "") < (other.hash ?? "") ? -1 : 1))[0]
    expect(b.disk.heads[actor]).toEqual([smaller?.hi, smaller?.hash])
    await meet(a, copy)
    const keepers = [a, copy].filter(({ disk }) => disk.incarnation?.actor === actor)
    expect(keepers).toEqual([smaller === twins[0] ? a : copy])
    await meet(b, a, copy)
    for (const device of [a, b, copy])
      expect([device.name, shown(device, "1"), shown(device, "2")]).toEqual([
        device.name,
        "by the original",
        "by the copy",
      ])
  },
)

test("19: the page of a proxy instead of an object changes nothing, and the object is read later", async () => {
  put(a, "1", "newer")
  await sync(a)
  const packs = [...world.bucket.objects].filter(([name]) => name.includes("/p/0/"))
  for (const [name] of packs)
    world.bucket.objects.set(name, { bytes: new TextEncoder().encode("<html>sign in</html>"), etag: "page" })
  await expect(sync(b)).rejects.toMatchObject({ code: "REMOTE_INTERCEPTED" })
  expect([shown(b, "1"), world.alarms]).toEqual(["from a", {}])
})

test("21: another database under the same name is refused, and nothing is written to it", async () => {
  const name = [...world.bucket.objects.keys()].find((one) => one.endsWith("/c/00000000")) ?? ""
  const other = new SimulatedWorld({ seed: 2 })
  other.bucket.faults.perMille = 0
  const stranger = other.addDevice()
  await other.finish(stranger, lookAndSync)
  replace(world.bucket.objects, new Map(other.bucket.objects))
  expect(world.bucket.objects.has(name)).toBe(true)
  const before = new Map(world.bucket.objects)
  world.restart(a, a.disk)
  await expect(sync(a)).rejects.toMatchObject({ code: "REMOTE_LOST" })
  expect(new Map(world.bucket.objects)).toEqual(before)
  expect(shown(a, "1")).toBe("from a")
})
