/** A page with a text of the collection `notes` open, over an engine under test: an editor without an editor. */
import type { Engine, EngineEvent, TextOpened } from "@fixpoint/core"
import * as Y from "yjs"

/** Opens a text. What is typed is written at once, or in one batch when `saved` is called. */
export async function openPage(engine: Engine, session = 1, { isBatched = false } = {}) {
  const opened = (await engine.part("text", "open", [session, "notes", "a", "body"])) as TextOpened
  const doc = new Y.Doc()
  doc.clientID = opened.client
  for (const update of opened.updates) Y.applyUpdateV2(doc, update, "engine")
  let heard = 0
  engine.on((event: EngineEvent) => {
    if (event.event !== "part" || event.session !== session) return
    heard++
    Y.applyUpdateV2(doc, event.body as Uint8Array, "engine")
  })
  const writes: Promise<unknown>[] = []
  const batch: Uint8Array[] = []
  const write = (update: Uint8Array): void => void writes.push(engine.part("text", "write", [session, update]))
  doc.on("updateV2", (update: Uint8Array, origin: unknown) => {
    if (origin === "engine") return
    if (isBatched) batch.push(update)
    else write(update)
  })
  return {
    body: doc.getText("t"),
    heard: () => heard,
    /** Bytes of all updates that were handed over at the opening. */
    stored: opened.updates.reduce((sum, { length }) => sum + length, 0),
    updates: opened.updates.length,
    saved: () => {
      if (batch.length > 0) write(Y.mergeUpdatesV2(batch.splice(0)))
      return Promise.all(isBatched ? writes.splice(0) : writes)
    },
    outcomes: () => Promise.allSettled(writes),
    close: () => engine.part("text", "close", [session]),
  }
}
