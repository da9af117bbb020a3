/**
 * What users of simulated engines do in a shared text: each types one word. Owns: the text that all type in, and a page's part of it.
 * Invariant: a word is one insertion between two others, so that nobody else's typing can part it. Must not know what goes wrong.
 */
import type { Engine, TextOpened } from "@fixpoint/core"
import * as Y from "yjs"

/** The text of the simulation. */
export const essay = { collection: "docs", id: "essay", path: "text" } as const

/** A word, and at which of the places between words it is typed. */
export interface Typing {
  readonly word: string
  readonly place: number
  /** A number that no other page of the engine has. */
  readonly session: number
}

/** Types a word, as a page does that is opened for it; ends once the word is stored. */
export async function typeWord(engine: Engine, { word, place, session }: Typing): Promise<void> {
  const { client, updates } = (await engine.part("text", "open", [
    session,
    essay.collection,
    essay.id,
    essay.path,
  ])) as TextOpened
  const doc = new Y.Doc()
  doc.clientID = client
  for (const update of updates) Y.applyUpdateV2(doc, update)
  const before = Y.encodeStateVector(doc)
  const text = doc.getText("t")
  const ends = [0, ...[...text.toJSON().matchAll(/ /g)].map(({ index }) => index + 1)]
  text.insert(ends[place % ends.length] ?? 0, `${word} `)
  const update = Y.encodeStateAsUpdateV2(doc, before)
  doc.destroy()
  await engine.part("text", "write", [session, update])
  await engine.part("text", "close", [session])
}
