// Records of the storage are gone, cut, changed or exchanged: opening says so, is not empty, and gives nothing that nobody wrote.
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { documentCount, type Inspection } from "./inspection.ts"
import { damage } from "./page/damage.ts"
import { dropDatabase, fingerprint, putStored, readStored, type Snapshot, type StoredRecord } from "./page/stored.ts"

const name = crypto.randomUUID()
const place = `fp/${name}`
let whole: Snapshot

const meta = ["identity", "keys", "manifest"] as const
type StoreName = "log" | "blk" | "meta"

/** Changes a copy of the records of one store. */
type Edit = (records: StoredRecord[]) => StoredRecord[]

/** Records of a store as seen from its ends. */
const positions = { first: 0, middle: 0.5, last: 1 } as const
type Position = keyof typeof positions

/** The keys of every block, and of every record that the log has had since the last flush. */
const needed: Record<"log" | "blk", IDBValidKey[]> = { log: [], blk: [] }

const keyAt = (store: "log" | "blk", position: Position) =>
  needed[store][Math.round(positions[position] * (needed[store].length - 1))]

/** Changes the bytes of a value, wherever in it they are. */
function editBytes(value: unknown, edit: (bytes: Uint8Array) => Uint8Array): unknown {
  if (value instanceof Uint8Array) return edit(value.slice())
  if (value instanceof CryptoKey || typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, editBytes(one, edit)]))
}

const flipped = (share: number) => (bytes: Uint8Array) => {
  const place_ = Math.min(bytes.length - 1, Math.floor(share * bytes.length))
  bytes[place_] = (bytes[place_] ?? 0) ^ 0x10
  return bytes
}

const edits: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  "a bit of its middle": flipped(0.5),
  "a bit of its beginning": flipped(0),
  "a bit of its end": flipped(1),
  "its second half cut off": (bytes) => bytes.slice(0, bytes.length / 2),
  "its last byte cut off": (bytes) => bytes.slice(0, -1),
  "a byte too many": (bytes) => new Uint8Array([...bytes, 0]),
  "all of it zeros": (bytes) => bytes.fill(0),
  "nothing left": () => new Uint8Array(),
}

/** All edits of the record in the middle, one of those at the ends. */
const editsAt = (position: Position) => Object.keys(edits).slice(0, position === "middle" ? undefined : 1)

const replaced =
  (key: IDBValidKey | undefined, change: (value: unknown, all: readonly StoredRecord[]) => unknown): Edit =>
  (records) =>
    records.map((one) => (one.key === key ? { key, value: change(one.value, records) } : one))

const without =
  (...keys: readonly (IDBValidKey | undefined)[]): Edit =>
  (records) =>
    records.filter(({ key }) => !keys.includes(key))

const valueOf = (all: readonly StoredRecord[], key: IDBValidKey | undefined) =>
  all.find((one) => one.key === key)?.value

/** Applies edits to a copy of the whole, stores it, and looks at what that opens as. */
async function look(change: Partial<Record<StoreName, Edit>>): Promise<Inspection> {
  const stores = Object.entries(whole.stores).map(
    ([store, records]) => [store, change[store as StoreName]?.([...records]) ?? records] as const,
  )
  await putStored(place, { ...whole, stores: Object.fromEntries(stores) })
  const before = await fingerprint(place)
  const seen = await damage.damageInspect(name, "small")
  if (seen.state === "failed") expect(await fingerprint(place), "what does not open is left as it is").toBe(before)
  return seen
}

/** What was found is coded, no byte is wrong, and something was noticed. */
function expectHonest(seen: Inspection, ...codes: readonly string[]): void {
  const found = [...new Set([...seen.codes, ...seen.findings])]
  expect({ wrong: seen.wrong, uncoded: seen.uncoded, persistence: seen.persistence }).toEqual({
    wrong: [],
    uncoded: [],
    persistence: "indexeddb",
  })
  expect(seen.failed === 0 && seen.read === 0, "an empty database where data was").toBe(false)
  expect(found, `${seen.state} ${seen.current} of ${seen.read}`).not.toEqual([])
  expect(codes, `${seen.state} ${seen.current} of ${seen.read}: ${found.join(" ")}`).toEqual(
    expect.arrayContaining(found),
  )
}

const inMeta = (key: (typeof meta)[number], change: (value: unknown) => unknown): Edit => replaced(key, change)

beforeAll(async () => {
  await damage.damageBuild(name, "small")
  const logRecords = await damage.damageTouch(name, "small")
  whole = await readStored(place)
  needed.blk = (whole.stores["blk"] ?? []).map(({ key }) => key)
  // A flush leaves the newest record of those it has stored, and further parts of it, whose keys are lists.
  const numbers = (whole.stores["log"] ?? []).map(({ key }) => key).filter((key) => typeof key === "number")
  needed.log = numbers.slice(-logRecords)
  expect(needed.blk.length).toBeGreaterThan(3)
  expect(needed.log.length).toBeGreaterThan(3)
})
afterAll(() => dropDatabase(place))

test("the whole opens clean", async () => {
  const seen = await look({})
  expect(seen).toMatchObject({
    state: "ready",
    codes: [],
    uncoded: [],
    findings: [],
    wrong: [],
    current: documentCount,
  })
})

describe.each(Object.keys(positions) as Position[])("the %s block", (position) => {
  test.each(editsAt(position))("%s", async (edit) => {
    const change = replaced(keyAt("blk", position), (value) => editBytes(value, edits[edit] ?? ((bytes) => bytes)))
    expectHonest(await look({ blk: change }), "BLOCK_CORRUPT")
  })
  test("missing", async () => {
    expectHonest(await look({ blk: without(keyAt("blk", position)) }), "BLOCK_MISSING")
  })
  test("another block in its place", async () => {
    const other: Position = position === "first" ? "middle" : "first"
    const change = replaced(keyAt("blk", position), (_, all) => valueOf(all, keyAt("blk", other)))
    expectHonest(await look({ blk: change }), "BLOCK_CORRUPT")
  })
  test("something else in its place", async () => {
    expectHonest(await look({ blk: replaced(keyAt("blk", position), () => "text") }), "BLOCK_CORRUPT")
  })
})

describe.each(Object.keys(positions) as Position[])("the %s record of the log", (position) => {
  test.each(editsAt(position))("%s", async (edit) => {
    const change = replaced(keyAt("log", position), (value) => editBytes(value, edits[edit] ?? ((bytes) => bytes)))
    expectHonest(await look({ log: change }), "LOG_CORRUPT")
  })
  test("missing", async () => {
    const code = position === "last" ? "STORE_ROLLED_BACK" : "STORE_TORN"
    expectHonest(await look({ log: without(keyAt("log", position)) }), code)
  })
  test("another record in its place", async () => {
    const other = keyAt("log", position === "first" ? "last" : "first")
    const change = replaced(keyAt("log", position), (_, all) => valueOf(all, other))
    expectHonest(await look({ log: change }), "LOG_CORRUPT")
  })
})

describe("the manifest", () => {
  test.each(Object.keys(edits))("%s", async (edit) => {
    const change = inMeta("manifest", (value) => editBytes(value, edits[edit] ?? ((bytes) => bytes)))
    expectHonest(await look({ meta: change }), "MANIFEST_CORRUPT")
  })
  test("missing", async () => {
    expectHonest(await look({ meta: without("manifest") }), "STORE_TORN")
  })
  test("of another version than it says", async () => {
    const change = inMeta("manifest", (value) => ({ ...(value as object), version: 1_000 }))
    expectHonest(await look({ meta: change }), "MANIFEST_CORRUPT")
  })
})

describe("the record of keys", () => {
  test.each(Object.keys(edits))("%s", async (edit) => {
    const change = inMeta("keys", (value) => editBytes(value, edits[edit] ?? ((bytes) => bytes)))
    expectHonest(await look({ meta: change }), "KEYS_CORRUPT")
  })
  test("missing", async () => {
    expectHonest(await look({ meta: without("keys") }), "STORE_TORN")
  })
  test("without the device's key, as some platforms lose it", async () => {
    const change = inMeta("keys", (value) => ({ ...(value as object), deviceKey: null }))
    expectHonest(await look({ meta: change }), "KEY_MISSING")
  })
  test("with another device's key", async () => {
    const usages: KeyUsage[] = ["wrapKey", "unwrapKey"]
    const deviceKey = await crypto.subtle.generateKey({ name: "AES-KW", length: 256 }, false, usages)
    const change = inMeta("keys", (value) => ({ ...(value as object), deviceKey }))
    expectHonest(await look({ meta: change }), "KEY_WRONG")
  })
})

describe("the identity", () => {
  const identity = (change: object) => inMeta("identity", (value) => ({ ...(value as object), ...change }))
  test("missing", async () => {
    expectHonest(await look({ meta: without("identity") }), "STORE_TORN")
  })
  test("of another database", async () => {
    expectHonest(await look({ meta: identity({ databaseId: "0".repeat(32) }) }), "KEY_WRONG", "STORE_ROLLED_BACK")
  })
  test("of a later format", async () => {
    expectHonest(await look({ meta: identity({ format: 1_000 }) }), "STORE_NEWER")
  })
  test("not one at all", async () => {
    expectHonest(await look({ meta: inMeta("identity", () => "text") }), "FORMAT_UNKNOWN")
  })
})

describe("whole stores", () => {
  const none: Edit = () => []
  test("no block", async () => {
    expectHonest(await look({ blk: none }), "BLOCK_MISSING")
  })
  test("every other block", async () => {
    expectHonest(await look({ blk: (records) => records.filter((_, index) => index % 2 === 0) }), "BLOCK_MISSING")
  })
  test("no log", async () => {
    expectHonest(await look({ log: none }), "STORE_TORN", "STORE_ROLLED_BACK")
  })
  test("only the second half of the log", async () => {
    const half = without(...needed.log.slice(0, needed.log.length / 2))
    expectHonest(await look({ log: half }), "STORE_TORN")
  })
  test("only the first half of the log", async () => {
    const half = without(...needed.log.slice(needed.log.length / 2))
    const seen = await look({ log: half })
    expectHonest(seen, "STORE_ROLLED_BACK")
    expect(seen.read).toBe(documentCount)
  })
  test("no small records", async () => {
    expectHonest(await look({ meta: none }), "STORE_TORN")
  })
  test("nothing at all, in object stores that are there", async () => {
    const seen = await look({ blk: none, log: none, meta: none })
    expectHonest(seen, "STORE_LOST")
    expect(seen.state).toBe("failed")
  })
  test("the database deleted", async () => {
    await putStored(place, whole)
    await dropDatabase(place)
    const seen = await damage.damageInspect(name, "small")
    expectHonest(seen, "STORE_LOST")
    expect(seen.state).toBe("failed")
    expectHonest(await damage.damageInspect(name, "small"), "STORE_LOST")
  })
})

test("a storage that came back shorter is continued under a new actor", async () => {
  await putStored(place, whole)
  const { device } = await damage.damageInspect(name, "small")
  const seen = await look({ log: without(keyAt("log", "last")) })
  expectHonest(seen, "STORE_ROLLED_BACK")
  expect(seen.device).not.toBe(device)
})

test("the memory beside the storage is lost: the storage is whole, and opens as it is", async () => {
  await putStored(place, whole)
  localStorage.clear()
  for (const cache of await caches.keys()) await caches.delete(cache)
  const seen = await damage.damageInspect(name, "small")
  expect(seen).toMatchObject({ state: "ready", codes: [], uncoded: [], findings: [], current: documentCount })
})

test("a damaged database can be destroyed, and begun anew", async () => {
  await look({ meta: without("manifest") })
  expect(await damage.damageStartAnew(name)).toBe("ready 1")
})
