// A bucket as the machine sees it, over a gateway that is played.
import { describe, expect, test } from "vitest"
import { FixpointError } from "../base/errors.ts"
import { type Alarm, Bucket } from "./bucket.ts"
import type { Gateway, GetResult, ListResult } from "./gateway.ts"
import { groupFolder, groupId, headerName, packName, pieceName } from "./names.ts"
import type { Group, ObjectCodec, Pack } from "./objects.ts"

const actor = "0123456789abcdef"
const names = [0, 5, 9].map((lo) => packName(actor, lo))
const nowMs = 1_000_000_000

/** A gateway of which a test gives what it needs. */
const gatewayOf = (verbs: Partial<Gateway>): Gateway => ({
  name: "played",
  capabilities: async () => ({ createIfAbsent: true, strongList: true, serverTime: true }),
  get: async () => ({ kind: "notFound" }),
  put: async () => ({ kind: "exists" }),
  list: async () => ({ keys: [] }),
  delete: async () => undefined,
  ...verbs,
})

/** Opens what begins with a "p", and takes anything else for damage. */
const codec = {
  space: "space",
  openPack: async (_: string, bytes: Uint8Array, place: Pick<Pack, "actor" | "lo">) => {
    if (bytes[0] !== 0x70) throw new FixpointError("BLOCK_CORRUPT")
    return { ...place, hi: 9 } as Pack
  },
  // A header says who signed it.
  openGroup: async (_: string, bytes: Uint8Array) =>
    ({ kind: "base", maker: new TextDecoder().decode(bytes), parts: [{}] }) as unknown as Group,
} as unknown as ObjectCodec

function bucketOver(verbs: Partial<Gateway>): { readonly bucket: Bucket; readonly alarms: Alarm[] } {
  const alarms: Alarm[] = []
  const clock = { now: () => nowMs, monotonic: () => 0 }
  const bucket = new Bucket({ gateway: gatewayOf(verbs), codec, clock, tell: (alarm) => alarms.push(alarm) })
  return { bucket, alarms }
}

const found = (text: string, serverTimeMs?: number): GetResult => ({
  kind: "found",
  body: new TextEncoder().encode(text),
  etag: "e",
  ...(serverTimeMs !== undefined && { serverTimeMs }),
})

test("a list is read to its last page", async () => {
  const asked: (string | undefined)[] = []
  const list = async (prefix: string, { after }: { readonly after?: string | undefined } = {}): Promise<ListResult> => {
    expect(prefix).toBe("space/p/")
    asked.push(after)
    const at = names.findIndex((name) => `space/${name}` > (after ?? ""))
    const key = `space/${names[at]}`
    return { keys: [{ key, size: 1 }], ...(at < names.length - 1 && { next: key }) }
  }
  const { packs } = await bucketOver({ list }).bucket.list()
  expect(packs.get(actor)?.map(({ name }) => name)).toEqual(names)
  expect(asked).toEqual([undefined, `space/${names[0]}`, `space/${names[1]}`])
})

describe("an object that is bad", () => {
  const [name = ""] = names
  const listed = { name, actor, lo: 0 }

  test("is told once, and counts as not there", async () => {
    let gets = 0
    const get = async () => (gets++, found("x"))
    const { bucket, alarms } = bucketOver({ get })
    expect([await bucket.pack(listed), await bucket.pack(listed)]).toEqual([undefined, undefined])
    expect([gets, bucket.isBad(name), alarms]).toEqual([1, true, [{ code: "BLOCK_CORRUPT" }]])
  })

  test("is looked at again after the next list: the damage may have been on its way", async () => {
    let body = "x"
    const { bucket, alarms } = bucketOver({ get: async () => found(body) })
    await bucket.pack(listed)
    await bucket.list()
    expect([await bucket.pack(listed), alarms.length]).toEqual([undefined, 1])
    await bucket.list()
    body = "p"
    expect([await bucket.pack(listed), bucket.isBad(name)]).toEqual([{ actor, lo: 0, hi: 9 }, false])
  })

  test("is told from one that could not be had, and from a page of somebody else", async () => {
    const get = async () => {
      throw new FixpointError("REMOTE_TIMEOUT")
    }
    const { bucket, alarms } = bucketOver({ get })
    await expect(bucket.pack(listed)).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
    const page = bucketOver({ get: async () => found("<!doctype html>") })
    await expect(page.bucket.pack(listed)).rejects.toMatchObject({ code: "REMOTE_INTERCEPTED" })
    expect([alarms, page.alarms, bucket.isBad(name)]).toEqual([[], [], false])
    const open = async () => {
      throw new Error("a fault of ours")
    }
    await expect(bucket.opened(name, open)).rejects.toThrow("a fault of ours")
  })
})

describe("a base", () => {
  const id = groupId(9, actor, "00c0ffee")
  const name = headerName("base", id)
  const list = async (): Promise<ListResult> => ({
    keys: [`${groupFolder("base", id)}/0`, name].map((one) => ({ key: `space/${one}`, size: 1 })),
  })

  test("whose header was signed by another than its name says is told once, and is not there", async () => {
    let gets = 0
    const get = async () => (gets++, found("vvvvvvvvvvvvvvvv"))
    const { bucket, alarms } = bucketOver({ get, list })
    const listing = await bucket.list()
    expect([await bucket.groupsOf(listing), await bucket.groupsOf(listing)]).toEqual([[], []])
    // Until the next list nobody looks again.
    expect([gets, bucket.isBad(name), alarms]).toEqual([1, true, [{ code: "ACTOR_MISMATCH" }]])
    await bucket.groupsOf(await bucket.list())
    expect([gets, alarms.length]).toEqual([2, 1])
  })

  test("whose header is its maker's is there, and is read once", async () => {
    let gets = 0
    const get = async () => (gets++, found(actor))
    const { bucket } = bucketOver({ get, list })
    const groups = [await bucket.groupsOf(await bucket.list()), await bucket.groupsOf(await bucket.list())]
    expect([gets, ...groups.map((some) => some?.map(({ listed }) => listed.id))]).toEqual([1, [id], [id]])
  })
})

test("groups of a listing are none of which one went meanwhile: what replaced it is in another listing", async () => {
  const id = groupId(9, actor, "00c0ffee")
  const names = [headerName("base", id), `${groupFolder("base", id)}/0`]
  const list = async (): Promise<ListResult> => ({ keys: names.map((name) => ({ key: `space/${name}`, size: 1 })) })
  const { bucket, alarms } = bucketOver({ list })
  expect(await bucket.groupsOf(await bucket.list())).toBeUndefined()
  expect(alarms).toEqual([])
})

test("pieces are listed by their files, and what is no name of a piece is none", async () => {
  const [one, other] = ["a", "b"].map((digit) => `bafkrei${digit.repeat(52)}`) as [string, string]
  const names = [pieceName(one), pieceName(one, 0), "b/readme", pieceName(other), `${pieceName(other)}~x`]
  const list = async (): Promise<ListResult> => ({ keys: names.map((name) => ({ key: `space/${name}`, size: 1 })) })
  expect(await bucketOver({ list }).bucket.listPieces()).toEqual(
    new Map([
      [one, [pieceName(one), pieceName(one, 0)]],
      [other, [pieceName(other)]],
    ]),
  )
})

test("time is the bucket's where the own clock is off by more than answers take", async () => {
  let aheadMs = 30_000
  const { bucket } = bucketOver({ get: async () => found("p", nowMs + aheadMs) })
  await bucket.get("f")
  expect(bucket.nowMs()).toBe(nowMs)
  aheadMs = 3_600_000
  await bucket.get("f")
  expect(bucket.nowMs()).toBe(nowMs + aheadMs)
  aheadMs = 0
  await bucket.get("f")
  expect(bucket.nowMs()).toBe(nowMs)
})
