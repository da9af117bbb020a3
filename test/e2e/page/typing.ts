/**
 * Commands of the typing tests: one note, in which each page writes numbered words at a cursor of its own.
 * Invariant: a page tells of the newest word that it has typed, and never hurries a batch by asking whether it is stored; each
 * writer's numbers only grow, so that one read shows what was lost.
 */
import { collection, type Database, fixpoint, keys, text } from "fixpoint"
import { http } from "@fixpoint/gateways/http"
import * as Y from "yjs"
import { tell } from "./command-loop.ts"

/** What a page tells unasked: the newest word that it has typed, and when. */
export interface TypingNews {
  readonly at: number
  readonly typed: number
}

/** What a page shows of the note. */
export interface TypingReport {
  readonly text: string
  /** What stands before the cursor of this page. */
  readonly before: string
  /** How often the document was changed here, and from elsewhere. */
  readonly own: number
  readonly foreign: number
  /** The names of those who have it open, as presence tells. */
  readonly present: readonly string[]
}

interface Note {
  readonly _id: string
  readonly body?: string
}

const openDatabase = (secret: readonly number[]) =>
  fixpoint("typing", {
    keys: keys.raw(Uint8Array.from(secret)),
    collections: { notes: collection<Note>({ fields: { body: text() } }) },
  })
type Notes = ReturnType<typeof openDatabase>
type Open = Awaited<ReturnType<Notes["collections"]["notes"]["text"]>>

const held: { db?: Notes; note?: Open; own: number; foreign: number; cursor?: Y.RelativePosition } = {
  own: 0,
  foreign: 0,
}

function note(): Open {
  if (held.note === undefined) throw new Error("open the note first")
  return held.note
}

/** Types a word where the cursor is, which then stands behind it. */
function type(word: string): void {
  const { ydoc, ytext } = note()
  const at = held.cursor && Y.createAbsolutePositionFromRelativePosition(held.cursor, ydoc)?.index
  const index = at ?? ytext.length
  ytext.insert(index, word)
  // Behind the last letter, and not before whatever comes next.
  held.cursor = Y.createRelativePositionFromTypeIndex(ytext, index + word.length, -1)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** The commands. */
export const typing = {
  /** Opens the note, on a bucket where an address is given. */
  async typingOpen(name: string, secret: readonly number[], url?: string): Promise<string> {
    const db = openDatabase(secret)
    held.db = db
    if (url !== undefined) db.attach(http({ url }))
    held.note = await db.collections.notes.text("note", "body")
    held.note.awareness.setLocalState({ name })
    held.note.ydoc.on("updateV2", (_: Uint8Array, __: unknown, ___: Y.Doc, { local }: Y.Transaction) => {
      if (local) held.own++
      else held.foreign++
    })
    return held.note.ytext.toJSON()
  },

  /** Types so many words, or until the page ends. */
  async typingWrite(prefix: string, from: number, count: number, everyMs: number): Promise<void> {
    let typed = from - 1
    let isOver = false
    const news = (async () => {
      while (!isOver) {
        await tell({ at: Date.now(), typed } satisfies TypingNews)
        await pause(5)
      }
    })()
    for (; typed < from + count - 1; await pause(everyMs)) {
      type(`${prefix}${typed + 1} `)
      typed++
    }
    isOver = true
    await news
  },

  typingReport(): TypingReport {
    const { ydoc, ytext, awareness } = note()
    const at = held.cursor && Y.createAbsolutePositionFromRelativePosition(held.cursor, ydoc)?.index
    const shown = ytext.toJSON()
    const states = [...awareness.getStates().values()] as { readonly name?: string }[]
    const present = states.flatMap(({ name }) => (name === undefined ? [] : [name])).sort()
    return { text: shown, before: shown.slice(0, at), own: held.own, foreign: held.foreign, present }
  },

  /** What is typed here is in the bucket, and what is there is here. */
  async typingSync(): Promise<void> {
    await note().saved()
    await (held.db as unknown as Database).synced()
  },
}
