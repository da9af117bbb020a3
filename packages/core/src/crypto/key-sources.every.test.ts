import { describe, expect, test } from "vitest"
import { toHex } from "../base/bytes.ts"
import type { DeviceKeys, HostCrypto } from "../base/host.ts"
import { decodeCbor, encodeCbor } from "../codec/cbor.ts"
import { deviceKeys } from "./device-keys.ts"
import type { KeyContext, KeySource } from "./keys.ts"
import { passphraseKeys } from "./passphrase-keys.ts"
import { rawKeys } from "./raw-keys.ts"
import { createVault } from "./vault.ts"

const { subtle } = globalThis.crypto
const random = (byteCount: number) => globalThis.crypto.getRandomValues(new Uint8Array(byteCount))
const host = { crypto: subtle as HostCrypto, random }
const databaseId = "00112233445566778899aabbccddeeff"
const browser: KeyContext = { databaseId, host, storesKeys: true }

/** The device keys of a process, in a Map. */
function keptDeviceKeys(): DeviceKeys & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>()
  return {
    kept,
    load: async (id) => kept.get(id),
    save: async (id, key) => void kept.set(id, key.slice()),
    remove: async (id) => void kept.delete(id),
  }
}

const nodeContext = (deviceKeys_?: DeviceKeys): KeyContext => ({
  databaseId,
  host: deviceKeys_ === undefined ? host : { ...host, deviceKeys: deviceKeys_ },
  storesKeys: false,
})

/** The value as IndexedDB gives it back, after the connection that stored it was closed. */
async function throughIndexedDb(value: unknown): Promise<unknown> {
  const name = `keys-${globalThis.crypto.randomUUID()}`
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const open = () => {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => request.result.createObjectStore("meta")
    return result(request)
  }
  const first = await open()
  await result(first.transaction("meta", "readwrite").objectStore("meta").put(value, "keys"))
  first.close()
  const second = await open()
  const back = await result(second.transaction("meta").objectStore("meta").get("keys"))
  second.close()
  await result(indexedDB.deleteDatabase(name))
  return back
}

/** The value as a file of dag-cbor gives it back. */
const throughFile = async (value: unknown): Promise<unknown> => decodeCbor(encodeCbor(value))

/** Two roots are one if what one seals the other opens. */
async function expectSameRoot(one: CryptoKey, other: CryptoKey, context: KeyContext): Promise<void> {
  const [sealing, opening] = await Promise.all(
    [one, other].map((root) => createVault({ root, databaseId: context.databaseId, host })),
  )
  const stored = await sealing!.seal("log", "1", new Uint8Array([1, 2, 3]))
  expect(await opening!.open("log", "1", stored)).toEqual(new Uint8Array([1, 2, 3]))
}

interface Way {
  readonly name: string
  readonly source: () => KeySource
  readonly context: () => KeyContext
  readonly store: (record: unknown) => Promise<unknown>
}

const secret = random(32)
const ways: readonly Way[] = [
  { name: "device, in IndexedDB", source: deviceKeys, context: () => browser, store: throughIndexedDb },
  {
    name: "device, in files",
    source: deviceKeys,
    context: () => nodeContext(keptDeviceKeys()),
    store: throughFile,
  },
  {
    name: "passphrase, in IndexedDB",
    source: () => passphraseKeys(() => "correct horse"),
    context: () => browser,
    store: throughIndexedDb,
  },
  {
    name: "passphrase, in files",
    source: () => passphraseKeys(async () => "correct horse"),
    context: nodeContext,
    store: throughFile,
  },
  { name: "raw, in IndexedDB", source: () => rawKeys(secret), context: () => browser, store: throughIndexedDb },
  { name: "raw, in files", source: () => rawKeys(secret), context: nodeContext, store: throughFile },
]

describe.each(ways)("$name", ({ source, context, store }) => {
  test("the root comes back, and cannot be exported", async () => {
    const within = context()
    const { root, record } = await source().create(within)
    const again = await source().open(await store(record), within)
    await expectSameRoot(root, again, within)
    expect([root.extractable, again.extractable]).toEqual([false, false])
    await expect(globalThis.crypto.subtle.exportKey("raw", again)).rejects.toThrow()
  })

  test("a record of another database is refused", async () => {
    const within = context()
    const { record } = await source().create(within)
    const other = { ...within, databaseId: "f".repeat(32) }
    const kept = await within.host.deviceKeys?.load(databaseId)
    if (kept !== undefined) await within.host.deviceKeys?.save(other.databaseId, kept)
    await expect(source().open(await store(record), other)).rejects.toMatchObject({ code: "KEY_WRONG" })
  })
})

describe("a device's keys", () => {
  test("the key in the record cannot be exported", async () => {
    const { record } = await deviceKeys().create(browser)
    const { deviceKey } = (await throughIndexedDb(record)) as { readonly deviceKey: CryptoKey }
    expect(deviceKey.extractable).toBe(false)
    await expect(subtle.exportKey("raw", deviceKey)).rejects.toThrow()
  })

  test.each([null, undefined, "key", {}])("a key that the platform gave back as %s is missing", async (deviceKey) => {
    const { record } = await deviceKeys().create(browser)
    const opening = deviceKeys().open({ ...(record as object), deviceKey }, browser)
    await expect(opening).rejects.toMatchObject({ code: "KEY_MISSING" })
  })

  test("the key of another device is wrong", async () => {
    const [{ record }, { record: other }] = await Promise.all([
      deviceKeys().create(browser),
      deviceKeys().create(browser),
    ])
    const { deviceKey } = other as { readonly deviceKey: CryptoKey }
    const opening = deviceKeys().open({ ...(record as object), deviceKey }, browser)
    await expect(opening).rejects.toMatchObject({ code: "KEY_WRONG" })
  })

  test("a host that keeps none gets a code, at creation and at opening", async () => {
    await expect(deviceKeys().create(nodeContext())).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
    const { record } = await deviceKeys().create(nodeContext(keptDeviceKeys()))
    await expect(deviceKeys().open(record, nodeContext())).rejects.toMatchObject({ code: "KEY_MISSING" })
  })

  test("a host's key that is gone is missing, another one is wrong, and neither is replaced", async () => {
    const keys = keptDeviceKeys()
    const { record } = await deviceKeys().create(nodeContext(keys))
    expect(toHex(keys.kept.get(databaseId)!)).toHaveLength(64)
    for (const [kept, code] of [
      [random(32), "KEY_WRONG"],
      [random(31), "KEY_WRONG"],
      [undefined, "KEY_MISSING"],
    ] as const) {
      keys.kept.clear()
      if (kept !== undefined) keys.kept.set(databaseId, kept)
      await expect(deviceKeys().open(record, nodeContext(keys))).rejects.toMatchObject({ code })
      expect([...keys.kept.values()]).toEqual(kept === undefined ? [] : [kept])
    }
  })

  test("an id that is none, as in a forged identity record, never reaches the host", async () => {
    const asked: string[] = []
    const keys: DeviceKeys = {
      load: async (id) => void asked.push(id),
      save: async (id) => void asked.push(id),
      remove: async (id) => void asked.push(id),
    }
    const { record } = await deviceKeys().create(nodeContext(keptDeviceKeys()))
    for (const id of ["../../etc/passwd", "", "0".repeat(31), `${"0".repeat(32)}\n`, "F".repeat(32)]) {
      const forged = { ...nodeContext(keys), databaseId: id }
      await expect(deviceKeys().open(record, forged)).rejects.toMatchObject({ code: "KEY_MISSING" })
      await deviceKeys().forget?.(forged)
    }
    expect(asked).toEqual([])
  })

  test("are forgotten when they are asked to be", async () => {
    const keys = keptDeviceKeys()
    await deviceKeys().create(nodeContext(keys))
    await deviceKeys().forget?.(nodeContext(keys))
    await deviceKeys().forget?.(browser)
    expect(keys.kept.size).toBe(0)
  })
})

describe("a passphrase", () => {
  test("that is another one is wrong", async () => {
    const { record } = await passphraseKeys(() => "correct horse").create(browser)
    const opening = passphraseKeys(() => "correct Horse").open(record, browser)
    await expect(opening).rejects.toMatchObject({ code: "KEY_WRONG" })
  })

  test("is one however its characters are composed", async () => {
    const { root, record } = await passphraseKeys(() => "Z\u00fcrich \ufb01").create(browser)
    const again = await passphraseKeys(() => "Zu\u0308rich fi").open(record, browser)
    await expectSameRoot(root, again, browser)
  })

  test.each([() => undefined, () => "", () => Promise.reject(new Error("cancelled"))])(
    "that nobody gives is missing",
    async (ask) => {
      const source = passphraseKeys(ask)
      await expect(source.create(browser)).rejects.toMatchObject({ code: "KEY_MISSING" })
      const { record } = await passphraseKeys(() => "x").create(browser)
      await expect(source.open(record, browser)).rejects.toMatchObject({ code: "KEY_MISSING" })
    },
  )

  test("is text", async () => {
    const source = passphraseKeys(() => 5 as unknown as string)
    await expect(source.create(browser)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
  })
})

test("a source without a slot in the record misses its key", async () => {
  const records = {
    device: (await deviceKeys().create(browser)).record,
    passphrase: (await passphraseKeys(() => "x").create(browser)).record,
    raw: (await rawKeys(secret).create(browser)).record,
  }
  const open = (source: KeySource, record: unknown) => source.open(record, browser)
  const missing = { code: "KEY_MISSING" }
  await expect(open(deviceKeys(), records.passphrase)).rejects.toMatchObject(missing)
  await expect(open(deviceKeys(), records.raw)).rejects.toMatchObject(missing)
  await expect(
    open(
      passphraseKeys(() => "x"),
      records.device,
    ),
  ).rejects.toMatchObject(missing)
  await expect(
    open(
      passphraseKeys(() => "x"),
      records.raw,
    ),
  ).rejects.toMatchObject(missing)
  await expect(open(rawKeys(secret), records.device)).rejects.toMatchObject({ code: "KEY_WRONG" })
  await expect(open(rawKeys(random(32)), records.raw)).rejects.toMatchObject({ code: "KEY_WRONG" })
})

test("a raw key is 32 bytes, of which the source keeps a copy", async () => {
  for (const bytes of [random(31), random(33), "x".repeat(32), undefined])
    expect(() => rawKeys(bytes as Uint8Array)).toThrow("INVALID_ARGUMENT")
  const bytes = secret.slice()
  const source = rawKeys(bytes)
  bytes.fill(0)
  const { record } = await source.create(browser)
  await rawKeys(secret).open(record, browser)
})
