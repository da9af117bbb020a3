// The control log over a bucket whose objects are damaged, or are another database's.
import { expect, test } from "vitest"
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Bucket } from "./bucket.ts"
import { ControlLog } from "./control.ts"
import { controlName } from "./names.ts"
import { noHash, type ObjectCodec } from "./objects.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const damage: Readonly<Record<string, Code>> = { flipped: "BLOCK_CORRUPT", locked: "KEY_WRONG", later: "KEY_MISSING" }

/** An entry is opened by what its bytes say: its name, what it follows on and what it is, or what is wrong with it. */
const codec = {
  openControl: async (_: string, bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes)
    const code = damage[text]
    if (code !== undefined) throw new FixpointError(code)
    const [previous = noHash, what] = text.split(" ").slice(1)
    const entry = what === "rotate" ? { type: "rotate", epoch: 2, secret: bytesOf("s") } : { type: "genesis", at: 1 }
    return { entry: { ...entry, previous, by: "a" }, hash: text }
  },
} as ObjectCodec

function logOver(objects: Map<string, string>, more: Partial<Bucket> = {}): ControlLog {
  const get = async (name: string) => {
    const text = objects.get(name)
    return text === undefined ? undefined : bytesOf(text)
  }
  return new ControlLog({ codec, get, ...more } as unknown as Bucket)
}

test("an entry that is damaged is no other database, whatever part of it is damaged", async () => {
  const objects = new Map([[controlName(0), "ours"]])
  const log = logOver(objects)
  await log.read()
  expect([log.count, await log.verify(0)]).toEqual([1, true])
  for (const found of Object.keys(damage)) {
    objects.set(controlName(0), found)
    await expect(log.verify(0)).rejects.toMatchObject({ code: "BLOCK_CORRUPT" })
    await expect(logOver(objects).read()).rejects.toMatchObject({ code: "BLOCK_CORRUPT" })
  }
  objects.set(controlName(0), "theirs")
  await expect(log.verify(0)).rejects.toMatchObject({ code: "REMOTE_LOST" })
  objects.clear()
  expect(await log.verify(0)).toBe(false)
})

test("a failure that is no damage is its own", async () => {
  const failing = { codec, get: () => Promise.reject(new FixpointError("REMOTE_TIMEOUT")) } as unknown as Bucket
  await expect(new ControlLog(failing).read()).rejects.toMatchObject({ code: "REMOTE_TIMEOUT" })
  const wrong = { openControl: () => Promise.reject(new Error("a fault of ours")) } as unknown as ObjectCodec
  const broken = { codec: wrong, get: async () => bytesOf("x") } as unknown as Bucket
  await expect(new ControlLog(broken).read()).rejects.toThrow("a fault of ours")
})

test("an entry that follows on another one than is here is another database's", async () => {
  const objects = new Map([
    [controlName(0), "ours"],
    [controlName(1), "theirs another"],
  ])
  const log = logOver(objects)
  await expect(log.read()).rejects.toMatchObject({ code: "REMOTE_LOST", details: { entry: 1 } })
  expect(log.count).toBe(1)
  objects.set(controlName(1), "next ours")
  await log.read()
  expect(log.count).toBe(2)
})

test("an epoch of the log is taken up, in its place", async () => {
  const taken: unknown[] = []
  const objects = new Map([
    [controlName(0), "ours"],
    [controlName(1), "next ours rotate"],
  ])
  const addEpoch = async (...epoch: readonly unknown[]) => void taken.push(epoch)
  await logOver(objects, { codec: { ...codec, addEpoch } as ObjectCodec }).read()
  expect(taken).toEqual([[2, bytesOf("s")]])
})

test("entries are deleted only behind one that is lost: not when the next one comes while it is looked", async () => {
  const objects = new Map([
    [controlName(0), "ours"],
    [controlName(2), "lost x"],
  ])
  const gone: string[] = []
  const cleaner = (comes: boolean) =>
    logOver(objects, {
      listControl: async () => {
        if (comes) objects.set(controlName(1), "next ours")
        return new Set(objects.keys())
      },
      delete: async (name) => void gone.push(name),
    })
  await cleaner(true).deleteUnreadable()
  expect(gone).toEqual([])
  objects.delete(controlName(1))
  await cleaner(false).deleteUnreadable()
  expect(gone).toEqual([controlName(2)])
})
