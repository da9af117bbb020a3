/** Collaborative texts, as a page uses them. */
import { collection, type Database, text, xml, yarray, ymap } from "fixpoint"
import { expect } from "vitest"
import { refusal } from "./case.ts"

interface Note {
  readonly _id?: string
  readonly title?: string
  readonly body?: string
  readonly rich?: string
  readonly list?: readonly unknown[]
  readonly map?: Readonly<Record<string, unknown>>
}

/** The declaration of the collection. */
export const notes = () => ({
  notes: collection<Note>({ fields: { body: text(), rich: xml(), list: yarray(), map: ymap() } }),
})

type Notes = Database<ReturnType<typeof notes>>

/** Cases by title; each gets a way to open handles on one database. */
export const texts: Readonly<Record<string, (open: () => Notes) => Promise<void>>> = {
  "what is typed is in the document, and in the text when it is opened again": async (open) => {
    const { notes } = open().collections
    await notes.put({ _id: "a", title: "t" })
    const body = await notes.text("a", "body")
    expect(body.ytext.toJSON()).toBe("")
    body.ytext.insert(0, "hello world")
    body.ytext.format(0, 5, { bold: true })
    await body.saved()
    expect(await notes.get("a")).toEqual({ _id: "a", title: "t", body: "hello world" })
    body.ytext.insert(11, "!")
    await body.close()
    const again = await notes.text("a", "body")
    expect(again.ytext.toDelta()).toEqual([{ insert: "hello", attributes: { bold: true } }, { insert: " world!" }])
    await again.close()
    expect(await notes.where({ body: { startsWith: "hello" } }).ids()).toEqual(["a"])
  },

  "two who have a text open see each other, and nobody hears himself": async (open) => {
    const [one, two] = [open().collections.notes, open().collections.notes]
    const a = await one.text("a", "body")
    const b = await two.text("a", "body")
    const origins: unknown[] = []
    a.ydoc.on("updateV2", (_: Uint8Array, origin: unknown) => origins.push(origin ?? "own"))
    const seen = new Promise<void>((resolve) => b.ydoc.once("updateV2", () => resolve()))
    a.ytext.insert(0, "from a")
    await seen
    expect(b.ytext.toJSON()).toBe("from a")
    b.ytext.insert(6, ", from b")
    await b.saved()
    await expect.poll(() => a.ytext.toJSON()).toBe("from a, from b")
    expect(origins.filter((origin) => origin === "own")).toHaveLength(1)
    expect(origins).toHaveLength(2)
    await Promise.all([a.close(), b.close()])
    expect(await one.get("a")).toEqual({ _id: "a", body: "from a, from b" })
  },

  "a plain value begins a text, and one that is put over it becomes an edit of it": async (open) => {
    const { notes } = open().collections
    await notes.put({ _id: "a", body: "first" })
    const body = await notes.text("a", "body")
    expect(body.ytext.toJSON()).toBe("first")
    body.ytext.insert(5, " and second")
    await body.saved()
    await notes.patch("a", { body: "first, then second" })
    await expect.poll(() => body.ytext.toJSON()).toBe("first, then second")
    await body.close()
    expect((await notes.get("a"))?.body).toBe("first, then second")
  },

  "rich text, lists and objects are shown as what a document can hold": async (open) => {
    const { notes } = open().collections
    const rich = await notes.text("a", "rich")
    const list = await notes.text("a", "list")
    const map = await notes.text("a", "map")
    const { XmlElement, XmlText, Map: YMap } = await import("yjs")
    const paragraph = new XmlElement("p")
    paragraph.insert(0, [new XmlText("hi")])
    ;(rich.ytype as import("yjs").XmlFragment).insert(0, [paragraph])
    const inner = new YMap<unknown>()
    inner.set("deep", 1)
    ;(list.ytype as import("yjs").Array<unknown>).push([1, "two", inner])
    ;(map.ytype as import("yjs").Map<unknown>).set("k", [true])
    await Promise.all([rich.close(), list.close(), map.close()])
    expect(await notes.get("a")).toEqual({
      _id: "a",
      rich: "<p>hi</p>",
      list: [1, "two", { deep: 1 }],
      map: { k: [true] },
    })
  },

  "a text is of a declared field; one of a document that was deleted meanwhile is not written": async (open) => {
    const { notes } = open().collections
    expect(await refusal(() => notes.text("a", "title"))).toBe("INVALID_ARGUMENT title")
    await notes.put({ _id: "a", body: "x" })
    const body = await notes.text("a", "body")
    await notes.delete("a")
    body.ytext.insert(0, "y")
    expect(await refusal(() => body.saved())).toBe("NOT_FOUND")
    await refusal(() => body.close())
    expect(await notes.get("a")).toBeUndefined()
  },

  "typing is taken back in its order among writes, whether it was stored yet or not, and when its text is closed":
    async (open) => {
      const db = open()
      const { notes } = db.collections
      await notes.put({ _id: "a" })
      const body = await notes.text("a", "body")
      const undo = db.undo({ groupMs: 0 })
      body.ytext.insert(0, "one")
      void notes.patch("a", { title: "t" })
      body.ytext.insert(3, " two")
      const titled = db.transaction((tx) => void tx.collections.notes.patch("a", { title: "u" }))
      await body.saved()
      // Its place among the steps is that of its commit.
      await titled
      body.ytext.delete(0, 4)
      expect(await undo.undo()).toEqual({ documents: 1, kept: 0 })
      expect(await notes.get("a")).toEqual({ _id: "a", title: "u", body: "one two" })
      await undo.undo()
      expect(await notes.get("a")).toEqual({ _id: "a", title: "t", body: "one two" })
      await undo.undo()
      expect(await notes.get("a")).toEqual({ _id: "a", title: "t", body: "one" })
      expect(body.ytext.toJSON()).toBe("one")
      await body.close()
      await undo.undo()
      await undo.undo()
      expect(await undo.undo()).toBeUndefined()
      expect(await notes.get("a")).toEqual({ _id: "a", body: "" })
      for (let i = 0; i < 5; i++) await undo.redo()
      expect(await undo.redo()).toBeUndefined()
      expect(await notes.get("a")).toEqual({ _id: "a", title: "u", body: "two" })
    },

  "typing without a pause is one step": async (open) => {
    const db = open()
    const { notes } = db.collections
    const body = await notes.text("a", "body")
    const undo = db.undo()
    for (const letter of "abc") {
      body.ytext.insert(body.ytext.length, letter)
      await body.saved()
    }
    expect(await undo.state()).toEqual({ undo: 1, redo: 0 })
    await undo.undo()
    expect(await notes.get("a")).toBeUndefined()
    await undo.redo()
    expect(await notes.get("a")).toEqual({ _id: "a", body: "abc" })
    expect(body.ytext.toJSON()).toBe("abc")
    await body.close()
  },

  "presence is told, and ends with the text": async (open) => {
    const { notes } = open().collections
    const rooms = new Set<(message: Uint8Array) => void>()
    const presence = (_: string, receive: (message: Uint8Array) => void) => {
      rooms.add(receive)
      return {
        send: (message: Uint8Array) => {
          for (const other of rooms) if (other !== receive) other(message)
        },
        close: () => void rooms.delete(receive),
      }
    }
    const a = await notes.text("a", "body", { presence })
    a.awareness.setLocalStateField("name", "Ada")
    const b = await notes.text("a", "body", { presence })
    expect(b.awareness.getStates().get(a.ydoc.clientID)).toEqual({ name: "Ada" })
    await a.close()
    expect(b.awareness.getStates().has(a.ydoc.clientID)).toBe(false)
    await b.close()
  },
}
