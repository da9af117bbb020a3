/**
 * A collaborative text on the page: a live Yjs document over a stored field. Loaded with the first text.
 * Owns: the batches in which what is typed goes to the engine, before any write that comes after it, and the way of what others
 * type into the document.
 * Invariant: what comes from the engine never goes back to it. What was typed is in the document, in the batch under way, or
 * stored: a batch that fails goes first the next time, and with an engine that was lost all is made up that it does not have.
 * Must not know editors, nor how texts are stored.
 */
import * as Y from "yjs"
import type { Awareness } from "y-protocols/awareness"
import type { TextOpened } from "@fixpoint/core"
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import { applyBounded } from "@fixpoint/core/yjs"
import type { Lane } from "../lane.ts"
import { type Field, FieldSession } from "./field-session.ts"
import { startPresence } from "./presence.ts"
import type { Text, TextOptions } from "./text-seam.ts"

/** From the first keystroke to its commit: what a kill of the browser can cost. */
const batchMs = 100

/** From a failed commit to the next try. */
const retryMs = 1000

/** Opens the text of a field. */
export async function openText(lane: Lane, field: Field, options: TextOptions): Promise<Text> {
  const session = new FieldSession(lane, field)
  const opened = await session.open()
  const ydoc = docOf(opened.updates, session) ?? docOf([await session.state()], session)
  if (ydoc === undefined) throw new FixpointError("TEXT_DAMAGED")
  return new LiveText(session, { ...opened, ydoc }, options)
}

/** The document that updates make; undefined where one of them cannot be applied. */
function docOf(updates: readonly Uint8Array[], session: FieldSession): Y.Doc | undefined {
  const doc = new Y.Doc()
  try {
    doc.transact(() => {
      for (const update of updates) applyBounded(doc, update, session)
    }, session)
    return doc
  } catch {
    // The engine knows which of them it is, tells of it, and has the others.
    doc.destroy()
    return undefined
  }
}

/** The root type, by the name that it has in the engine's document (core/src/text/text-type.ts). */
function rootOf(doc: Y.Doc, type: TextOpened["type"]): Y.Text | Y.XmlFragment | Y.Array<unknown> | Y.Map<unknown> {
  if (type === "text") return doc.getText("t")
  if (type === "xml") return doc.getXmlFragment("t")
  return type === "yarray" ? doc.getArray("t") : doc.getMap("t")
}

interface OpenedDoc extends Pick<TextOpened, "type" | "client"> {
  readonly ydoc: Y.Doc
}

class LiveText implements Text {
  readonly ydoc: Y.Doc
  readonly ytype: Text["ytype"]
  readonly awareness: Awareness
  readonly #session: FieldSession
  readonly #endPresence: () => void
  #waiting: Uint8Array[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #failure: FixpointError | undefined

  constructor(session: FieldSession, { type, client, ydoc }: OpenedDoc, { presence }: TextOptions) {
    this.#session = session
    this.ydoc = ydoc
    this.ydoc.clientID = client
    this.ytype = rootOf(this.ydoc, type)
    this.ydoc.on("updateV2", (update: Uint8Array, origin: unknown) => {
      if (origin !== session) this.#typed(update)
    })
    session.listen({
      take: (update) => Y.applyUpdateV2(this.ydoc, update, session),
      flush: () => void this.#flush(),
      resume: () => void this.#catchUp().catch(() => undefined),
    })
    const { awareness, end } = startPresence(this.ydoc, session.room, presence)
    this.awareness = awareness
    this.#endPresence = end
    globalThis.document?.addEventListener("visibilitychange", this.#leave)
  }

  get ytext(): Y.Text {
    return this.ytype as Y.Text
  }

  async saved(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending !== undefined) {
      await this.#send()
      if (this.#failure !== undefined) throw this.#failure
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    globalThis.document?.removeEventListener("visibilitychange", this.#leave)
    this.#endPresence()
    try {
      await this.saved()
    } finally {
      clearTimeout(this.#timer)
      this.#timer = undefined
      await this.#session.close()
      this.ydoc.destroy()
    }
  }

  readonly #leave = (): void => {
    if (globalThis.document?.visibilityState === "hidden") void this.#send()
  }

  #typed(update: Uint8Array): void {
    if (this.#closing !== undefined) return
    this.#waiting.push(update)
    this.#later(batchMs)
  }

  #later(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#send()
    }, delayMs)
  }

  /** One batch at a time; never rejects. */
  #send(): Promise<void> {
    return this.#sending ?? this.#flush()
  }

  /** Sends what waits in this turn, beside a batch that is on its way; never rejects. */
  #flush(): Promise<void> {
    const sending = Promise.all([this.#sending, this.#sendBatch()]).then(() => {
      if (this.#sending === sending) this.#sending = undefined
    })
    this.#sending = sending
    return sending
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      // Only updates of this document come together here, never what another device made.
      await this.#session.write(Y.mergeUpdatesV2(batch))
      this.#failure = undefined
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting]
      await this.#failed(error)
    }
  }

  async #failed(thrown: unknown): Promise<void> {
    const error = this.#session.explained(thrown)
    if (this.#closing === undefined && isFixpointError(error) && (error.retryable || error.kind === "quota"))
      this.#later(retryMs)
    if (this.#failure === undefined) this.#session.report(error)
    this.#failure = error
  }

  /** Another engine has taken over: takes what it has, and gives it what it lacks. */
  async #catchUp(): Promise<void> {
    await this.#session.open()
    const state = await this.#session.state()
    Y.applyUpdateV2(this.ydoc, state, this.#session)
    const own = new Y.Doc()
    Y.applyUpdateV2(own, state)
    this.#waiting = [Y.encodeStateAsUpdateV2(this.ydoc, Y.encodeStateVector(own))]
    own.destroy()
    await this.#send()
  }
}
