// What happens between two steps of a tab: another tab of the device is quicker, or the bucket loses what was just listed. The round
// begins anew or ends early, and nothing is lost.
import type { PackedRows, Replica } from "@fixpoint/core/sync"
import { copyDisk, type SimulatedDevice, SimulatedWorld } from "@fixpoint/testkit"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { deedsIn, keyOf, lookAndSync, type Machine, shown } from "./deeds.ts"

/** What is done right before the next call of a verb. */
const before = new Map<keyof Replica, (replica: Replica) => unknown>()
const replicaOf = (replica: Replica): Replica =>
  new Proxy(replica, {
    get: (target, verb: keyof Replica) => {
      const call = target[verb].bind(target) as (...args: readonly unknown[]) => Promise<unknown>
      return async (...args: readonly unknown[]) => {
        const deed = before.get(verb)
        before.delete(verb)
        await deed?.(target)
        const result = await call(...args)
        return verb === "scan" && result !== undefined ? changed(result as AsyncIterable<PackedRows>) : result
      }
    },
  })

/** What a page of rows is when it comes to who makes a base. */
let pagesOf: ((page: PackedRows) => PackedRows) | undefined
async function* changed(pages: AsyncIterable<PackedRows>): AsyncIterable<PackedRows> {
  for await (const page of pages) yield pagesOf?.(page) ?? page
}

let world: SimulatedWorld
let a: SimulatedDevice
let b: SimulatedDevice

const { sync, put, meet } = deedsIn(() => world)
const actorOf = (device: SimulatedDevice) => device.disk.incarnation?.actor ?? ""
const otherTabOf = (device: SimulatedDevice) => device.process.machines[1]?.machine as Machine
const names = (pattern: RegExp) => [...world.bucket.objects.keys()].filter((name) => pattern.test(name))
const entries = () => names(/\/c\//).length

/** All that was written is with everybody, and with who comes late. */
async function endsWell(expected: Readonly<Record<string, string>>): Promise<void> {
  await world.settle()
  world.check("at the end")
  const late = world.addDevice()
  await meet(late)
  for (const device of world.living())
    for (const [id, value] of Object.entries(expected))
      expect([device.name, id, shown(device, id)]).toEqual([device.name, id, value])
}

/** A list of data, after `skip` others, shows a base that is gone when it is read: it was made and replaced meanwhile. */
function listGhost(skip = 0): { readonly isSeen: boolean } {
  const { content } = world.bucket
  const list = content.list.bind(content)
  const ghost = { isSeen: false }
  content.list = (prefix) => {
    const found = list(prefix)
    if (!prefix.endsWith("/p/") || skip-- > 0) return found
    content.list = list
    ghost.isSeen = true
    return [...found, { key: `${prefix}2/0000000000a-${"g".repeat(16)}-00c0ffee/h`, size: 1 }]
  }
  return ghost
}

beforeEach(async () => {
  before.clear()
  pagesOf = undefined
  world = new SimulatedWorld({ seed: 1, replicaOf })
  world.bucket.faults.perMille = 0
  a = world.addDevice()
  b = world.addDevice()
  for (const device of [a, b]) device.skewMs = 0
  await meet(a, b)
  put(a, "1", "from a")
  put(b, "2", "from b")
  await meet(a, b)
})

afterEach(() => {
  expect([...before.keys()]).toEqual([])
})

describe("another tab", () => {
  test("adopts a remote right before this one does: it is begun with twice, and works", async () => {
    before.set("remember", () => otherTabOf(a).adopt())
    await world.finish(a, (machine) => machine.adopt())
    expect(a.disk.notes["r"]).toMatchObject({ begun: 2, actor: null })
    put(a, "3", "after it")
    await endsWell({ 1: "from a", 3: "after it" })
  })

  test("remembers something right before void writes are made again: they are, in the same round", async () => {
    const c = world.addDevice()
    put(c, "3", "before it was synced")
    before.set("reissue", async (replica) => replica.remember((await replica.read()).revision, {}))
    await sync(c)
    expect(c.disk.hasVoid).toBe(false)
    await sync(b)
    expect(shown(b, "3")).toBe("before it was synced")
    await endsWell({ 1: "from a", 3: "before it was synced" })
  })

  test("finds its history in doubt between the first cut and its way to the bucket: that pack is never put", async () => {
    const c = world.addDevice()
    put(c, "3", "from c")
    const next = "c".repeat(16)
    let first = ""
    before.set("cut", () => {
      first = actorOf(c)
      before.set("read", async (replica) => {
        const { revision } = await replica.read()
        await replica.reincarnate(revision, { actor: next, secret: new Uint8Array(0) }, undefined)
      })
    })
    await sync(c)
    expect([actorOf(c), names(new RegExp(first)).length]).toEqual([next, 0])
    await endsWell({ 1: "from a", 3: "from c" })
  })

  test("takes in more between the cut of a write that is about to be beaten and what beats it: it stays known", async () => {
    const c = world.addDevice()
    await meet(c, a, b)
    put(a, "1", "mine, and beaten")
    put(b, "1", "newer")
    await sync(b)
    put(c, "3", "from c")
    before.set("cut", () => {
      before.set("read", async () => {
        await sync(c)
        await lookAndSync(otherTabOf(a))
      })
    })
    await sync(a)
    expect([shown(a, "1"), shown(a, "3")]).toEqual(["newer", "from c"])
    // What is not known to be in the bucket any more would be told as lost.
    await sync(a)
    expect(world.alarms).toEqual({})
    await endsWell({ 1: "newer", 2: "from b", 3: "from c" })
  })

  test("is written in right before all rows are read: no base is made, which would tell more than its heads", async () => {
    before.set("scan", () => put(a, "3", "in no cut"))
    await world.finish(a, (machine) => machine.compact("base"))
    expect(names(/\/p\/2\//)).toEqual([])
    await sync(a)
    await world.finish(a, (machine) => machine.compact("base"))
    expect(names(/\/p\/2\/.*h$/)).toHaveLength(1)
    await endsWell({ 3: "in no cut" })
  })

  test("is put back and bound to no actor: this one ends nobody in its name", async () => {
    const [count, outruns] = [entries(), world.outruns]
    a.disk.incarnation = undefined
    await world.finish(a, (machine) => machine.evict(actorOf(b)))
    expect([entries(), world.outruns]).toEqual([count, outruns + 1])
  })
})

describe("an outbox of an earlier version, which has the hashes of packs in their contents alone,", () => {
  const withoutHashes = ({ disk }: SimulatedDevice): SimulatedDevice["disk"] => ({
    ...copyDisk(disk),
    outbox: disk.outbox.map(({ hash: _, ...pack }) => pack),
  })

  async function killWithPack(): Promise<void> {
    put(a, "1", "cut, and not put")
    const { heads } = a.disk
    world.start(a, lookAndSync)
    await world.stepUntil(a, () => a.disk.heads !== heads)
    world.restart(a, withoutHashes(a))
  }

  test("is published like any other", async () => {
    await killWithPack()
    await endsWell({ 1: "cut, and not put", 2: "from b" })
  })

  test("and is delivered by another tab while this one looks into it", async () => {
    await killWithPack()
    const [actor, waiting] = [actorOf(a), a.disk.outbox.length]
    before.set("contentOf", async () => {
      for (let round = 0; round < 3; round++) await lookAndSync(otherTabOf(a))
    })
    await sync(a)
    expect([actorOf(a), a.disk.outbox.length < waiting]).toEqual([actor, true])
    await endsWell({ 1: "cut, and not put", 2: "from b" })
  })
})

describe("what was listed is gone", () => {
  test("before the bucket is compacted: nothing is deleted on the word of that list", async () => {
    await world.finish(b, (machine) => machine.compact("base"))
    const ghost = listGhost()
    await world.finish(a, (machine) => machine.maintain())
    expect([ghost.isSeen, world.bucket.counts.delete]).toEqual([true, 0])
    await world.finish(a, (machine) => machine.maintain())
    expect(world.bucket.counts.delete).toBeGreaterThan(0)
    await endsWell({ 1: "from a", 2: "from b" })
  })

  test("when a base was just made: what it replaces goes the next time", async () => {
    put(a, "3", "x".repeat(5_000_000))
    await meet(a, b)
    const ghost = listGhost(1)
    await world.finish(a, (machine) => machine.maintain())
    expect([ghost.isSeen, names(/\/p\/2\/.*h$/).length, world.bucket.counts.delete]).toEqual([true, 1, 0])
    await world.finish(a, (machine) => machine.maintain())
    expect([names(/\/p\/2\/.*h$/).length, names(/\/p\/0\//).length]).toEqual([1, 0])
    await endsWell({ 1: "from a", 2: "from b" })
  })

  test("while a base is taken in: what has taken its place is", async () => {
    await world.finish(a, (machine) => machine.compact("base"))
    await world.finish(a, (machine) => machine.collectGarbage())
    const first = new Map(world.bucket.objects)
    put(b, "3", "later")
    await meet(b, a)
    await world.finish(b, (machine) => machine.compact("base"))
    await world.finish(b, (machine) => machine.collectGarbage())
    const second = new Map(world.bucket.objects)
    const become = (objects: typeof first, instead: typeof first) => {
      for (const name of instead.keys()) world.bucket.objects.delete(name)
      for (const [name, object] of objects) world.bucket.objects.set(name, object)
    }
    become(first, second)
    const { content } = world.bucket
    const get = content.get.bind(content)
    content.get = (key, ...more) => {
      if (/\/p\/2\/.*\/0$/.test(key)) {
        content.get = get
        become(second, first)
      }
      return get(key, ...more)
    }
    const late = world.addDevice()
    await sync(late)
    expect(content.get).toBe(get)
    expect(["1", "2", "3"].map((id) => shown(late, id))).toEqual(["from a", "from b", "later"])
    expect(world.alarms).toEqual({})
  })

  test("when a device in doubt looks what is certain: it looks again, and goes on as another one", async () => {
    const backup = copyDisk(a.disk)
    put(a, "1", "lost here, and published")
    await meet(a, b)
    const actor = actorOf(a)
    world.restart(a, backup)
    put(a, "3", "written since")
    const ghost = listGhost(1)
    await sync(a)
    expect([ghost.isSeen, actorOf(a) === actor]).toEqual([true, false])
    await endsWell({ 1: "lost here, and published", 3: "written since" })
  })

  test("a pack that was there, and is not when it is looked at, is put again", async () => {
    put(a, "1", "put twice")
    const { content } = world.bucket
    const place = content.put.bind(content)
    content.put = (key, ...more) => {
      if (!key.includes("/p/0/")) return place(key, ...more)
      content.put = place
      return { kind: "exists" }
    }
    await sync(a)
    await sync(b)
    expect([content.put === place, world.outruns, shown(b, "1")]).toEqual([true, 0, "put twice"])
    await endsWell({ 1: "put twice", 2: "from b" })
  })

  test("the data first and the control log a moment later: both are put back at once", async () => {
    for (const name of names(/\/(p\/|!)/)) world.bucket.objects.delete(name)
    const { content } = world.bucket
    const list = content.list.bind(content)
    content.list = (prefix) => {
      const found = list(prefix)
      if (!prefix.endsWith("/c/")) return found
      content.list = list
      world.bucket.objects.clear()
      return found
    }
    await sync(a)
    expect([content.list === list, world.alarms]).toEqual([true, { REMOTE_ROLLBACK: 1 }])
    expect([entries(), names(/\/p\/2\/.*h$/).length]).toEqual([1, 1])
    const late = world.addDevice()
    await meet(late)
    expect([shown(late, "1"), shown(late, "2")]).toEqual(["from a", "from b"])
  })
})

describe("an end that cannot be found out now", () => {
  test("is looked for again by the device that it stopped, which publishes nothing until then", async () => {
    const sealer = world.addDevice()
    await meet(sealer, a, b)
    const [actor, count] = [actorOf(b), entries()]
    world.start(sealer, (machine) => machine.evict(actor))
    await world.stepUntil(sealer, () => entries() > count)
    sealer.isDead = true
    world.end(sealer)
    await sync(b)
    put(b, "2", "while it is stopped")
    const [ghost, packs] = [listGhost(), names(/\/p\/0\//).length]
    await sync(b)
    expect([ghost.isSeen, actorOf(b), entries(), names(/\/p\/0\//).length]).toEqual([true, actor, count + 1, packs])
    await sync(b)
    expect([actorOf(b) === actor, entries()]).toEqual([false, count + 2])
    await endsWell({ 1: "from a", 2: "while it is stopped" })
  })

  test("as who has begun it is gone: whoever keeps order in the bucket finds it out", async () => {
    const sealer = world.addDevice()
    const c = world.addDevice()
    await meet(sealer, c, a, b)
    put(c, "3", "from c")
    await meet(c, a)
    const [actor, count] = [actorOf(c), entries()]
    world.start(sealer, (machine) => machine.evict(actor))
    await world.stepUntil(sealer, () => entries() > count)
    for (const device of [sealer, c]) {
      device.isDead = true
      world.end(device)
    }
    await world.finish(b, (machine) => machine.maintain())
    expect([entries(), world.published.sealOf(actor)]).toEqual([count + 2, c.disk.heads[actor]?.[0]])
    await endsWell({ 1: "from a", 3: "from c" })
  })

  test("as packs go meanwhile into a base: nobody is ended below what others have", async () => {
    const c = world.addDevice()
    await meet(c, a, b)
    put(c, "3", "from c")
    await meet(c, a)
    const [actor, count] = [actorOf(c), entries()]
    c.isDead = true
    await world.finish(a, (machine) => machine.compact("base"))
    const { content } = world.bucket
    const get = content.get.bind(content)
    content.get = (key, ...more) => {
      if (!key.includes(`/p/0/${actor}`)) return get(key, ...more)
      content.get = get
      return { kind: "notFound" }
    }
    // The base was not there yet when the packs were listed.
    const list = content.list.bind(content)
    content.list = (prefix) => {
      if (prefix.endsWith("/p/")) content.list = list
      return list(prefix).filter(({ key }) => !key.includes("/p/2/"))
    }
    await world.finish(b, (machine) => machine.evict(actor))
    expect([content.get === get, entries(), world.published.sealOf(actor)]).toEqual([true, count + 1, undefined])
    await world.finish(b, (machine) => machine.evict(actor))
    expect(entries()).toBe(count + 2)
    await endsWell({ 1: "from a", 3: "from c" })
  })
})

test("a tab that never met the bucket keeps no order in it", async () => {
  const c = world.addDevice()
  const { counts } = world.bucket
  const asked = { ...counts }
  await world.finish(c, (machine) => machine.maintain())
  await world.finish(c, (machine) => machine.compact("base"))
  await world.finish(c, (machine) => machine.evict(actorOf(a)))
  await world.finish(c, (machine) => machine.tendFiles("now"))
  expect(counts).toEqual(asked)
})

test.each([
  ["before", ["1", "2"]],
  ["without", []],
])("a part of a base begins where what gave way does, %s documents that are there", async (_, there) => {
  const lost = keyOf("0")
  const losses = [[lost, JSON.stringify({ life: 0, registers: [], documents: [] })]] as const
  world.commit(a, { op: "insert", key: lost, field: "x", value: "gone" })
  for (const id of ["1", "2"].filter((one) => !there.includes(one))) world.commit(a, { op: "delete", key: keyOf(id) })
  await meet(a, b)
  world.commit(a, { op: "delete", key: lost })
  for (let round = 0; round < 3; round++)
    for (const device of [a, b]) await world.finish(device, (machine) => machine.announce())
  pagesOf = (page) => ({ ...page, rows: page.rows.filter(([key]) => key === lost || there.length > 0), losses })
  await world.finish(a, (machine) => machine.compact("base"))
  const [header = ""] = names(/\/p\/2\/.*h$/)
  const { bytes } = world.bucket.objects.get(header) as { bytes: Uint8Array }
  expect(new TextDecoder().decode(bytes)).toContain(`"first":${JSON.stringify(lost)}`)
  expect(new TextDecoder().decode(bytes)).toContain(`"rowCount":${there.length}`)
})

test("many small packs above a large base become a run, and not another base", async () => {
  put(a, "3", "x".repeat(1_000_000))
  await meet(a, b)
  await world.finish(a, (machine) => machine.compact("base"))
  for (let i = 0; i < 130; i++) {
    put(a, "1", `edit ${i}`)
    await world.finish(a, (machine) => machine.sync())
  }
  await world.finish(a, (machine) => machine.maintain())
  expect([names(/\/p\/1\/.*h$/).length, names(/\/p\/2\/.*h$/).length, names(/\/p\/0\//).length]).toEqual([1, 1, 0])
  await meet(b)
  expect(shown(b, "1")).toBe("edit 129")
  await endsWell({ 1: "edit 129", 2: "from b" })
})
