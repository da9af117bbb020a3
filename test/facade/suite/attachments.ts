/** Files in documents, as a page uses them. */
import { type Attachment, type Collection, collection, type Database } from "fixpoint"
import { expect } from "vitest"
import { refusal } from "./case.ts"

interface Page {
  readonly _id?: string
  readonly title?: string
  readonly photo?: Attachment
  readonly more?: readonly Attachment[]
}

/** The declaration of the collection. */
export const pages = () => ({ pages: collection<Page>({}) })

type Pages = Database<ReturnType<typeof pages>>

const chunkBytes = 1024 * 1024

/** Bytes that do not repeat from chunk to chunk. */
function bytesOf(count: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(count / 4))
  for (let i = 0, x = seed; i < words.length; i++) words[i] = x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
  return new Uint8Array(words.buffer, 0, count)
}

/** Comparing large arrays by element would take seconds. */
async function holds(blob: Blob, bytes: Uint8Array): Promise<boolean> {
  const found = new Uint8Array(await blob.arrayBuffer())
  return found.length === bytes.length && found.every((byte, i) => byte === bytes[i])
}

async function photoOf(db: Pages, id: string): Promise<Attachment> {
  const photo = (await db.collections.pages.get(id))?.photo
  if (photo === undefined) throw new Error("there is no photo")
  return photo
}

/** Whether what is at an address of a blob can be read: workerd has none, and happy-dom's fetch does not know them. */
async function readsAddresses(): Promise<boolean> {
  try {
    const url = URL.createObjectURL(new Blob())
    await fetch(url)
    URL.revokeObjectURL(url)
    return true
  } catch {
    return false
  }
}

/** Cases by title; each gets a database of its own. */
export const attachments: Readonly<Record<string, (open: () => Pages) => Promise<void>>> = {
  "a file is put with its document, and is read with its name, its type and its bytes": async (open) => {
    const { pages } = open().collections
    const file = new File(["hello ", "world"], "größe.txt", { type: "text/plain" })
    await pages.put({ _id: "a", title: "t", photo: file })
    const { photo, title } = (await pages.get("a")) ?? {}
    expect(title).toBe("t")
    expect(photo?.toJSON()).toEqual({ name: "größe.txt", type: "text/plain", size: 11, cid: photo?.cid })
    expect(photo?.cid).toMatch(/^bafkrei[a-z2-7]{52}$/)
    const blob = await photo?.blob()
    expect([blob?.type, await blob?.text()]).toEqual(["text/plain", "hello world"])
  },

  "every way to write a document takes files": async (open) => {
    const db = open()
    const { pages } = db.collections
    const textOf = async (id: string) => await (await (await photoOf(db, id)).blob()).text()
    await pages.insert({ _id: "insert", photo: new Blob(["by insert"]) })
    await pages.put({ _id: "patch" })
    await pages.patch("patch", { photo: new Blob(["by patch"]) })
    await pages.update("patch", (page) => ({ ...page, title: "kept" }))
    await pages.put({ _id: "update" })
    await pages.update("update", (page) => ({ ...page, photo: new Blob(["by update"]) }))
    await pages.putMany([{ _id: "none" }, { _id: "many", photo: new Blob(["by putMany"]) }, { _id: "behind" }])
    await db.transaction(async (tx) => {
      await tx.collections.pages.put({ _id: "transaction", photo: new Blob(["by transaction"]) })
    })
    for (const how of ["insert", "patch", "update", "transaction"]) expect(await textOf(how)).toBe(`by ${how}`)
    expect(await textOf("many")).toBe("by putMany")
    expect(await pages.where({}).ids()).toEqual(["behind", "insert", "many", "none", "patch", "transaction", "update"])
    await pages.put({ _id: "copy", more: [await photoOf(db, "insert"), await photoOf(db, "many")] as never })
    const copies = (await pages.get("copy"))?.more ?? []
    expect(await Promise.all(copies.map(async (copy) => (await copy.blob()).text()))).toEqual([
      "by insert",
      "by putMany",
    ])
  },

  "a large file is read whole, in parts and as a stream, and tells how far it is": async (open) => {
    const db = open()
    const bytes = bytesOf(2 * chunkBytes + 5)
    await db.collections.pages.put({ _id: "a", photo: new Blob([bytes]) })
    const photo = await photoOf(db, "a")
    const told: unknown[] = []
    expect(await holds(await photo.blob({ onProgress: (progress) => told.push(progress) }), bytes)).toBe(true)
    const total = bytes.length
    expect(told).toEqual([chunkBytes, 2 * chunkBytes, total].map((done) => ({ done, total })))
    for (const [start, end] of [
      [0, 1],
      [chunkBytes - 1, chunkBytes + 1],
      [5, total + 9],
      [total, total],
      [7, 7],
    ] as const)
      expect(await holds(await photo.blob({ range: [start, end] }), bytes.subarray(start, end))).toBe(true)
    const sizes: number[] = []
    const reader = photo.stream().getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) sizes.push(read.value.length)
    expect(sizes).toEqual([chunkBytes, chunkBytes, 5])
    await photo.stream().cancel()
    expect(await refusal(() => photo.blob({ range: [2, 1] }))).toBe("INVALID_ARGUMENT range")
  },

  "a stream is stored as it comes, under the name that it is given": async (open) => {
    const db = open()
    const bytes = bytesOf(chunkBytes + 17, 2)
    const parts = [bytes.subarray(0, 10), bytes.subarray(10, chunkBytes + 5), bytes.subarray(chunkBytes + 5)]
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift()
        if (part === undefined) controller.close()
        else controller.enqueue(part)
      },
    })
    const told: unknown[] = []
    const file = await db.file(stream, { name: "s", type: "x/y", onProgress: (progress) => told.push(progress) })
    await db.collections.pages.put({ _id: "a", photo: file })
    file.close()
    const photo = await photoOf(db, "a")
    expect([photo.name, photo.type, photo.size]).toEqual(["s", "x/y", bytes.length])
    expect(told).toEqual([chunkBytes, bytes.length].map((done) => ({ done, total: undefined })))
    expect(await holds(await photo.blob(), bytes)).toBe(true)
  },

  "a file that undo may bring back stays, and goes when its step is forgotten": async (open) => {
    const db = open()
    const { pages } = db.collections
    const undo = db.undo()
    const bytes = bytesOf(5000, 77)
    await pages.put({ _id: "a", photo: new File([bytes], "photo") })
    const photo = await photoOf(db, "a")
    await pages.patch("a", { photo: undefined })
    await db.compact()
    await undo.undo()
    expect(await holds(await (await photoOf(db, "a")).blob(), bytes)).toBe(true)
    await undo.redo()
    await db.compact()
    await undo.undo()
    expect(await holds(await (await photoOf(db, "a")).blob(), bytes)).toBe(true)
    await undo.close()
    await pages.patch("a", { photo: undefined })
    await db.compact()
    expect(await refusal(() => photo.blob())).toBe("FILE_MISSING")
  },

  "a stream that fails fails the write, and nothing is written": async (open) => {
    const { pages } = open().collections
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("torn")),
    })
    await expect(pages.put({ _id: "a", photo: stream })).rejects.toThrow("torn")
    expect(await pages.get("a")).toBeUndefined()
  },

  "a put that is given up ends": async (open) => {
    const db = open()
    const ending = new AbortController()
    const file = db.file(new ReadableStream({ pull: () => new Promise<void>(() => undefined) }), {
      signal: ending.signal,
    })
    ending.abort()
    expect(await refusal(() => file)).toBe("ABORTED")
    expect(await refusal(() => db.file(new Blob(["x"]), { signal: ending.signal }))).toBe("ABORTED")
  },

  "an address is good until its attachment is closed": async (open) => {
    const db = open()
    await db.collections.pages.put({ _id: "a", photo: new Blob(["seen"], { type: "text/plain" }) })
    const photo = await photoOf(db, "a")
    if (!(await readsAddresses())) return
    const [one, other] = [await photo.url(), await (await photoOf(db, "a")).url()]
    expect(await (await fetch(one)).text()).toBe("seen")
    photo.close()
    await expect(fetch(one)).rejects.toThrow()
    expect(await (await fetch(other)).text()).toBe("seen")
    await db.close()
    await expect(fetch(other)).rejects.toThrow()
  },

  "a content is stored once, as long as anything names it": async (open) => {
    const db = open()
    const { pages } = db.collections
    const bytes = bytesOf(chunkBytes + 1, 3)
    await pages.put({ _id: "a", photo: new Blob([bytes]) })
    await pages.put({ _id: "b", photo: new File([bytes], "again") })
    const [a, b] = [await photoOf(db, "a"), await photoOf(db, "b")]
    expect([b.cid, b.name]).toEqual([a.cid, "again"])
    await pages.delete("a")
    await db.compact()
    expect(await holds(await a.blob(), bytes)).toBe(true)
    await pages.patch("b", { photo: undefined })
    await db.compact()
    expect(await refusal(() => b.blob())).toBe("FILE_MISSING")
    expect((await db.check({ deep: true })).findings).toEqual([])
  },

  "a file stands where values do, and nowhere else": async (open) => {
    const db = open()
    const { pages } = db.collections
    const untyped = pages as unknown as Collection
    expect(await refusal(() => untyped.where({ photo: new Blob(["x"]) }).all())).toBe("INVALID_ARGUMENT photo")
    expect(await refusal(() => untyped.add("a", "tags", new Blob(["x"])))).toBe("INVALID_DOCUMENT element")
    expect(await refusal(() => db.file("x" as never))).toBe("INVALID_ARGUMENT file")
    await pages.put({ _id: "a", photo: new Blob([]) })
    expect((await photoOf(db, "a")).size).toBe(0)
    expect((await (await photoOf(db, "a")).blob()).size).toBe(0)
    expect((await pages.where({ photo: { exists: true } }).first())?.photo?.size).toBe(0)
  },
}
