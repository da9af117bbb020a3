// What a store over files says when its files were changed behind its back, or cannot be written.
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import * as files from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import type { Store } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import { expect, onTestFinished, test } from "vitest"
import { blocksPath } from "../../packages/core/src/lsm/fs-folder.ts"
import type { FsPlatform } from "../../packages/core/src/lsm/fs-platform.ts"
import { deleteFsStore, openFsStore } from "../../packages/core/src/lsm/fs-store.ts"

const bytesOf = (mark: number, length = 40) => Uint8Array.from({ length }, (_, i) => ((mark * 7 + i) % 255) | 1)
const identity = { format: 1, suite: 1, databaseId: "ab".repeat(16) }
const genesis = {
  identity,
  keys: { body: bytesOf(90), checksum: bytesOf(91) },
  manifest: { version: 1, bytes: bytesOf(92) },
}
const block = (segment: number, index: number) => ({ segment, index, bytes: bytesOf(segment + index) })
const refs = [1, 2].flatMap((segment) => [0, 1, 2].map((index) => ({ segment, index })))

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fixpoint-fs-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A database with some of everything, synced but for the last record; and what each of its states was. */
async function filled(): Promise<{ directory: string; states: string[] }> {
  const directory = join(await freshFolder(), "db")
  const store = await openFsStore({ directory })
  const states: string[] = []
  const note = async () => states.push(await shapeOf(store))
  await store.create(genesis)
  await note()
  for (const n of [1, 2, 3]) {
    await store.commit({ durability: "relaxed", append: { n, bytes: bytesOf(n) } })
    await note()
  }
  await store.commit({
    durability: "relaxed",
    blocks: [0, 1, 2].map((i) => block(1, i)),
    manifest: { version: 2, bytes: bytesOf(93) },
  })
  await note()
  await store.commit({ durability: "strict", trimLogThrough: 2 })
  await note()
  for (const n of [4, 5]) {
    await store.commit({ durability: "relaxed", append: { n, bytes: bytesOf(n) } })
    await note()
  }
  await store.close()
  return { directory, states }
}

/** What can be told of a store without knowing its keys: everything but the sealed bytes. */
async function shapeOf(store: Store): Promise<string> {
  const { identity: found, keys, manifest, head } = await store.readHeader()
  const records = (await store.readLog(0, 100)).map(({ n, bytes }) => [n, bytes.length])
  const blocks = (await store.readBlocks(refs)).map((bytes) => bytes?.length)
  const shape = {
    found,
    keys: keys !== undefined,
    manifest: [manifest?.version, manifest?.bytes.length],
    head,
    records,
    blocks,
  }
  return JSON.stringify([shape, await store.listSegments()])
}

const journalOf = (directory: string) => join(directory, "log.1")

/** The shape of a damaged copy, or the code with which it is refused. */
async function outcomeOf(directory: string): Promise<string> {
  const store = await openFsStore({ directory }).catch((error: unknown) => {
    if (isFixpointError(error)) return error.code
    throw error
  })
  if (typeof store === "string") return store
  try {
    return await shapeOf(store)
  } finally {
    await store.close()
  }
}

test("a flipped bit anywhere in the journal is refused or left for authentication to find, and hides no record", async () => {
  const { directory, states } = await filled()
  const whole = await readFile(journalOf(directory))
  const outcomes = new Map<string, number>()
  for (let at = 0; at < whole.length; at += 4) {
    const damaged = Uint8Array.from(whole)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << ((at / 4) % 8))
    await writeFile(journalOf(directory), damaged)
    const outcome = await outcomeOf(directory)
    expect([states.at(-1), "STORE_UNREADABLE", "STORE_TORN"], `byte ${at}`).toContain(outcome)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  // Sealed bytes are handed on; all else is refused.
  expect(outcomes.get(states.at(-1) ?? "")).toBeGreaterThan(60)
  expect(outcomes.get("STORE_UNREADABLE")).toBeGreaterThan(100)
}, 60_000)

test("a flipped bit in a sealed record is handed on with the record, in its place", async () => {
  const { directory } = await filled()
  const journal = await readFile(journalOf(directory))
  const at = journal.indexOf(bytesOf(4))
  journal[at + 5] = (journal[at + 5] ?? 0) ^ 1
  await writeFile(journalOf(directory), journal)
  const store = await openFsStore({ directory })
  const damaged = bytesOf(4)
  damaged[5] = (damaged[5] ?? 0) ^ 1
  expect(await store.readLog(3, 10)).toEqual([
    { n: 4, bytes: damaged },
    { n: 5, bytes: bytesOf(5) },
  ])
  expect(await store.commit({ durability: "relaxed", append: { n: 6, bytes: bytesOf(6) } })).toBe("committed")
  await store.close()
})

test("a journal that is cut anywhere reads as an earlier state, or is torn where nothing is left", async () => {
  const { directory, states } = await filled()
  const { size } = await stat(journalOf(directory))
  const seen = new Set<string>()
  for (let length = size - 1; length > 0; length -= 3) {
    await truncate(journalOf(directory), length)
    const outcome = await outcomeOf(directory)
    expect([...states, "STORE_TORN"], `${length} bytes`).toContain(outcome)
    seen.add(outcome)
  }
  for (const state of states.slice(0, -1)) expect(seen).toContain(state)
  await truncate(journalOf(directory), 0)
  expect(await outcomeOf(directory)).toBe("STORE_TORN")
}, 60_000)

test("what was written behind a cut end is found, and goes on from there", async () => {
  const { directory } = await filled()
  const { size } = await stat(journalOf(directory))
  await truncate(journalOf(directory), size - 10)
  const store = await openFsStore({ directory })
  expect((await store.readHeader()).head).toBe(4)
  for (const n of [5, 6, 7])
    expect(await store.commit({ durability: "relaxed", append: { n, bytes: bytesOf(n + 50) } })).toBe("committed")
  await store.close()
  const again = await openFsStore({ directory })
  expect(await again.readLog(4, 10)).toEqual([5, 6, 7].map((n) => ({ n, bytes: bytesOf(n + 50) })))
  await again.close()
})

test("zeros in what had reached the disk are damage; in what had not they are the end", async () => {
  const { directory, states } = await filled()
  const whole = await readFile(journalOf(directory))
  const first = Uint8Array.from(whole)
  first.fill(0, 300, 300 + 128)
  await writeFile(journalOf(directory), first)
  expect(await outcomeOf(directory)).toBe("STORE_UNREADABLE")
  const last = Uint8Array.from(whole)
  last.fill(0, whole.length - 90)
  await writeFile(journalOf(directory), last)
  expect(states.slice(0, -1)).toContain(await outcomeOf(directory))
})

test("each file that is missing is told, and none makes an empty database", async () => {
  const { directory, states } = await filled()
  const names = (await readdir(directory, { recursive: true })).filter((name) => name !== "blocks")
  expect(names.length).toBe(3)
  for (const name of names) {
    const copy = join(await freshFolder(), "db")
    await cp(directory, copy, { recursive: true })
    await rm(join(copy, name))
    const outcome = await outcomeOf(copy)
    if (name === "identity.json") expect(outcome).toBe(states.at(-1))
    else if (name === "log.1") expect(outcome).toBe("STORE_TORN")
    // The engine finds blocks missing that its manifest names.
    else expect(outcome).toContain("[null,null,null,null,null,null]")
  }
  await rm(journalOf(directory))
  await rm(join(directory, "identity.json"))
  expect(await outcomeOf(directory)).toBe("STORE_TORN")
})

test("the identity in clear is written again, and one of another database is refused", async () => {
  const { directory } = await filled()
  const path = join(directory, "identity.json")
  const text = await readFile(path, "utf8")
  expect(JSON.parse(text)).toEqual(identity)
  await rm(path)
  await outcomeOf(directory)
  expect(await readFile(path, "utf8")).toBe(text)
  await writeFile(path, text.replace("ab", "cd"))
  expect(await outcomeOf(directory)).toBe("STORE_TORN")
})

test("a journal that is removed under a store is lost, and nothing is acknowledged into it", async () => {
  const { directory } = await filled()
  const store = await openFsStore({ directory })
  await rm(directory, { recursive: true })
  await expect(store.commit({ durability: "relaxed", append: { n: 6, bytes: bytesOf(6) } })).rejects.toMatchObject({
    code: "STORE_LOST",
  })
  await expect(store.readPosition()).rejects.toMatchObject({ code: "STORE_LOST" })
  await store.close()
})

test("a journal that is put back to an older one under a store is torn", async () => {
  const { directory } = await filled()
  const store = await openFsStore({ directory })
  await truncate(journalOf(directory), 400)
  await expect(store.readPosition()).rejects.toMatchObject({ code: "STORE_TORN" })
  await store.close()
})

test("a folder that holds other things is used, and keeps them when the store is destroyed", async () => {
  const directory = await freshFolder()
  await writeFile(join(directory, "notes.txt"), "mine")
  const store = await openFsStore({ directory })
  await store.create(genesis)
  await store.destroy()
  expect(await readdir(directory)).toEqual(["notes.txt"])
})

test("opening and deleting what is not there makes nothing", async () => {
  const folder = await freshFolder()
  const directory = join(folder, "db")
  const store = await openFsStore({ directory })
  expect((await store.readHeader()).identity).toBeUndefined()
  await store.close()
  await deleteFsStore({ directory })
  expect(await readdir(folder)).toEqual([])
})

test("a damaged store can be deleted", async () => {
  const { directory } = await filled()
  await writeFile(journalOf(directory), "something else")
  await expect(openFsStore({ directory })).rejects.toMatchObject({ kind: "corrupt" })
  await deleteFsStore({ directory })
  expect(await outcomeOf(directory)).toContain('"head":0')
})

test("a journal cannot name a file outside of its folder", () => {
  const folder = { path: "/db", platform: failing() }
  expect(blocksPath(folder, "12-0a-f")).toBe("/db/blocks/12-0a-f")
  for (const name of ["../identity.json", "1-../../x", "1-a/b", "", "log.1", "1-A"])
    expect(() => blocksPath(folder, name), name).toThrow("STORE_UNREADABLE")
})

/** Node's files, with failures of writing that a test turns on. */
function failing(): FsPlatform & { fail: string | undefined; cutBytes: number | undefined } {
  let count = 0
  const platform = {
    fail: undefined as string | undefined,
    cutBytes: undefined as number | undefined,
    crc32: (bytes: Uint8Array) => crc32(bytes),
    uniqueName: () => `${process.pid}-${count++}-${crypto.randomUUID()}`,
    files: {
      ...files,
      open: async (...args: Parameters<typeof files.open>) => {
        const handle = await files.open(...args)
        const refuse = () => {
          if (platform.fail !== undefined)
            throw Object.assign(new Error("refused"), { code: platform.fail, syscall: "write" })
        }
        const write = handle.write.bind(handle) as (...given: unknown[]) => Promise<unknown>
        const writeWhole = handle.writeFile.bind(handle)
        return Object.assign(handle, {
          write: (bytes: Uint8Array, at: number, length: number, place: null) => {
            refuse()
            return write(bytes, at, Math.min(length, platform.cutBytes ?? length), place)
          },
          writeFile: (bytes: Uint8Array) => {
            refuse()
            return writeWhole(bytes)
          },
        })
      },
    } as FsPlatform["files"],
  }
  return platform
}

for (const [errno, code] of [
  ["ENOSPC", "QUOTA"],
  ["EDQUOT", "QUOTA"],
  ["EROFS", "STORE_UNAVAILABLE"],
  ["EACCES", "STORE_UNAVAILABLE"],
  ["EIO", "STORE_UNREADABLE"],
] as const)
  test(`${errno} is ${code}; reading works on, and so does writing once it has passed`, async () => {
    const { directory, states } = await filled()
    const platform = failing()
    const store = await openFsStore({ directory, platform })
    platform.fail = errno
    const append = { durability: "relaxed", append: { n: 6, bytes: bytesOf(6) } } as const
    await expect(store.commit(append)).rejects.toMatchObject({ code, details: { reason: `${errno} write` } })
    await expect(store.commit({ durability: "relaxed", blocks: [block(9, 0)] })).rejects.toMatchObject({ code })
    expect(await shapeOf(store)).toBe(states.at(-1))
    platform.fail = undefined
    expect(await store.commit(append)).toBe("committed")
    await store.close()
  })

test("a write that ends halfway on a full disk is QUOTA, and what is left of it is passed over", async () => {
  const { directory } = await filled()
  const platform = failing()
  const store = await openFsStore({ directory, platform })
  const append = (n: number) => ({ durability: "relaxed", append: { n, bytes: bytesOf(n) } }) as const
  for (const cutBytes of [1, 20, 60, 110]) {
    platform.cutBytes = cutBytes
    await expect(store.commit(append(6))).rejects.toMatchObject({ code: "QUOTA" })
  }
  platform.cutBytes = undefined
  expect(await store.commit(append(6))).toBe("committed")
  expect(await store.commit(append(7))).toBe("committed")
  await store.close()
  const again = await openFsStore({ directory })
  expect(await again.readLog(5, 10)).toEqual([6, 7].map((n) => ({ n, bytes: bytesOf(n) })))
  await again.close()
})

test("a journal that cannot be renewed on a full disk is read and written all the same", async () => {
  const directory = join(await freshFolder(), "db")
  const platform = failing()
  const store = await openFsStore({ directory, platform, journalSlackBytes: 2000 })
  await store.create(genesis)
  const open = platform.files.open
  // Only new files find no room.
  Object.assign(platform.files, {
    open: async (...args: Parameters<typeof files.open>) => {
      if (args[1] === "wx") throw Object.assign(new Error("refused"), { code: "ENOSPC", syscall: "open" })
      return await open(...args)
    },
  })
  for (let n = 1; n <= 60; n++) {
    expect(await store.commit({ durability: "relaxed", append: { n, bytes: bytesOf(n) }, trimLogThrough: n - 1 })).toBe(
      "committed",
    )
    expect((await store.readPosition()).head).toBe(n)
  }
  Object.assign(platform.files, { open })
  expect(await store.commit({ durability: "relaxed", append: { n: 61, bytes: bytesOf(61) } })).toBe("committed")
  await store.close()
  const again = await openFsStore({ directory })
  expect((await again.readHeader()).head).toBe(61)
  expect((await readdir(directory)).filter((name) => name.startsWith("log."))).not.toEqual(["log.1"])
  await again.close()
})

test("nothing is readable but the identity, and only by its owner", async () => {
  const { directory } = await filled()
  for (const name of await readdir(directory, { recursive: true })) {
    const { mode } = await stat(join(directory, name))
    expect(mode & 0o077, name).toBe(0)
  }
})

test("files of blocks go when nothing needs them, also those that a killed writer left", async () => {
  const directory = join(await freshFolder(), "db")
  const store = await openFsStore({ directory, journalSlackBytes: 0 })
  await store.create(genesis)
  const blockFiles = async () => (await readdir(join(directory, "blocks"))).length
  for (const segment of [1, 2, 3])
    await store.commit({ durability: "relaxed", blocks: [block(segment, 0), block(segment, 1)] })
  expect(await blockFiles()).toBe(3)
  await store.commit({ durability: "relaxed", blocks: [block(4, 0)], dropSegments: [1, 3] })
  expect(await blockFiles()).toBe(2)
  await appendFile(join(directory, "blocks", "1-abandoned"), "half of a block")
  for (let n = 1; n < 30; n++)
    await store.commit({ durability: "relaxed", append: { n, bytes: bytesOf(n) }, trimLogThrough: n })
  expect(await blockFiles()).toBe(2)
  await store.commit({ durability: "relaxed", dropSegments: [2, 4] })
  expect(await blockFiles()).toBe(0)
  await store.close()
})
