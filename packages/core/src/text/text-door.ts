/**
 * Texts as the page asks for them. Owns: the texts that are open, and the sessions that write in them.
 * Invariant: a session is told of every update that is not its own, once, in the order in which it came; so two tabs, or two
 * editors of one tab, never hear themselves. A text is loaded once, whoever has it open. Must not know editors, nor Yjs: what reads
 * texts is loaded behind the first answer, which as a rule needs nothing of it.
 */
import type { TextOpened } from "../api/text.ts"
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import type { Loader } from "../base/on-demand.ts"
import { rowKey } from "../codec/key.ts"
import { formatPath, parsePath } from "../codec/path.ts"
import { checkCollection, checkId } from "../codec/value.ts"
import { hasFacets } from "../crdt/edit-target.ts"
import type { Door, PartContext } from "../db/doors.ts"
import type { ChangedRow } from "../db/record.ts"
import { rowOf } from "../db/stored-row.ts"
import { textPathsOf } from "../db/text-watch.ts"
import type { HeldTyping } from "../db/witness.ts"
import type { LogEntry } from "../lsm/wal.ts"
import { HeldBatches } from "./held-text.ts"
import type { LoadedText } from "./loaded-text.ts"
import { findText, type FoundText, readText, takeRow, type TextAddress, writeText } from "./text-field.ts"
import type { TypedRange } from "./typed-ranges.ts"

/** What reads texts and writes in them: Yjs is in it. */
export interface TextReader {
  readonly LoadedText: typeof LoadedText
}

interface OpenText {
  readonly address: TextAddress
  readonly found: Promise<FoundText>
  readonly sessions: Set<number>
  loading?: Promise<LoadedText> | undefined
  text?: LoadedText
  batches?: HeldBatches
  /** Takes in what was stored since the text was found, or what could not be handed on. */
  catchingUp?: Promise<void>
  /** Whether somebody has what was found: who gets all there is later need not hear of it before. */
  isTold: boolean
  /** Whether the text may be elsewhere than what was found. */
  isBehind: boolean
  /** How much of what was typed is kept to be taken back: as long as something is, the text is. */
  held: number
  /** Whether a document was seen: what was deleted since is not made again by typing. */
  hasDocument: boolean
}

/** Verbs: open(session, collection, id, path), state(session), write(session, update), close(session); look([[collection, id]…]). */
export function openTexts(context: PartContext, read: Loader<TextReader>): Door {
  return new TextDoor(context, read)
}

class TextDoor implements Door {
  readonly #context: PartContext
  readonly #read: Loader<TextReader>
  readonly #texts = new Map<string, OpenText>()
  readonly #sessions = new Map<number, OpenText>()

  constructor(context: PartContext, read: Loader<TextReader>) {
    this.#context = context
    this.#read = read
  }

  async call(verb: string, [session, ...args]: readonly unknown[]): Promise<unknown> {
    if (verb === "look" && Array.isArray(session)) return await this.#look(session)
    if (typeof session !== "number") throw refused("session")
    if (verb === "open") return await this.#open(session, this.#addressOf(args))
    const open = this.#sessions.get(session)
    if (open === undefined) throw new FixpointError("CLOSED", "The text is closed.")
    if (verb === "close") return await this.#close(session, open)
    if (verb === "state") return (await this.#loaded(open)).state()
    if (verb !== "write" || !(args[0] instanceof Uint8Array)) throw refused(verb === "write" ? "update" : "verb")
    return await this.#write(open, { update: args[0], by: session, isAtRest: false })
  }

  applied({ entries }: LogEntry): void {
    if (this.#texts.size === 0) return
    const lines = new Map(entries)
    for (const open of this.#texts.values()) {
      const line = lines.get(open.address.key)
      if (typeof line !== "string") continue
      if (open.text === undefined) this.#fellBehind(open)
      else takeRow(open.address, open.text, rowOf(line), this.#context)
    }
  }

  restarted(): void {
    for (const open of this.#texts.values()) {
      if (open.text === undefined) this.#fellBehind(open)
      else this.#unattended(readText(open.address, open.text, this.#context))
    }
  }

  /** Whoever has what was found is to hear of what came since. */
  #fellBehind(open: OpenText): void {
    open.isBehind = true
    if (open.isTold) this.#unattended(this.#loaded(open))
  }

  /** Makes each text of documents and what they show of it one, where somebody has put something over it or beside it. */
  async #look(documents: readonly unknown[]): Promise<void> {
    const { specs } = this.#context
    for (const document of documents) {
      const [collection, id] = document as readonly unknown[]
      for (const path of textPathsOf(specs.get(collection as string))) {
        const address = this.#addressOf([collection, id, path])
        const open = this.#texts.get(nameOf(address)) ?? this.#begin(address)
        const text = await this.#upToDate(open)
        if (open.hasDocument && !text.isEmpty) await this.#write(open, { isAtRest: false })
        if (this.#texts.get(nameOf(address)) !== open) text.close()
      }
    }
  }

  #addressOf([collection, id, path]: readonly unknown[]): TextAddress {
    const own = { collection: checkCollection(collection), id: checkId(id) }
    const stored = formatPath(parsePath(path as string))
    const type = this.#context.specs.get(own.collection)?.fields[stored]
    if (type === undefined || hasFacets(type))
      throw new FixpointError("INVALID_ARGUMENT", `The field ${stored} is not declared as a text.`, {
        details: { path: stored },
      })
    return { ...own, key: rowKey(own.collection, own.id), path: stored, type }
  }

  async #open(session: number, address: TextAddress): Promise<TextOpened> {
    const name = nameOf(address)
    let open = this.#texts.get(name)
    if (open === undefined) this.#texts.set(name, (open = this.#begin(address)))
    open.sessions.add(session)
    this.#sessions.set(session, open)
    try {
      const { unread } = await open.found
      const isFirst = !open.isTold && !open.isBehind
      const updates =
        unread !== undefined && isFirst
          ? unread.chunks.map(({ update }) => update)
          : [(await this.#upToDate(open)).state()]
      open.isTold = true
      this.#readSoon(open)
      return { type: address.type, client: this.#newClient(), updates }
    } catch (error) {
      this.#forget(session, open)
      throw error
    }
  }

  #begin(address: TextAddress): OpenText {
    const found = findText(address, this.#context).then((text) => {
      open.hasDocument ||= text.exists
      open.isBehind ||= text.unread === undefined
      return text
    })
    const open: OpenText = {
      address,
      found,
      sessions: new Set(),
      isTold: false,
      isBehind: false,
      held: 0,
      hasDocument: false,
    }
    return open
  }

  /** The text as it was found, to be read when it is needed. */
  #loaded(open: OpenText): Promise<LoadedText> {
    open.loading ??= this.#load(open).catch((error: unknown) => {
      open.loading = undefined
      throw error
    })
    return open.loading
  }

  /** Nobody waits for it yet, and a page is about to read the same. */
  #readSoon(open: OpenText): void {
    this.#context.host.timers.after(limits.textReadDelayMs, () => {
      // Whoever writes gets the failure.
      if (open.sessions.size > 0) this.#loaded(open).catch(() => undefined)
    })
  }

  /** The text as it is stored now. */
  async #upToDate(open: OpenText): Promise<LoadedText> {
    const text = await this.#loaded(open)
    await open.catchingUp
    return text
  }

  async #load(open: OpenText): Promise<LoadedText> {
    const { address, sessions } = open
    const context = this.#context
    const { log, tell } = context
    const [{ unread }, { LoadedText }] = await Promise.all([open.found, this.#read()])
    const text = new LoadedText({
      ...address,
      client: this.#newClient(),
      handed: unread,
      onUpdate: (update, by) => {
        if (open.isTold)
          for (const session of sessions) if (session !== by) tell({ event: "part", session, body: update })
      },
      onDamaged: ({ actor, number }) => {
        log.error("a chunk of a text cannot be read", { actor, number })
        const error = new FixpointError("TEXT_DAMAGED", undefined, { details: { actor, number } })
        tell({ event: "error", error: error.toJSON() })
      },
    })
    open.text = text
    open.batches = new HeldBatches({ address, text, context })
    if (open.isBehind) this.#unattended((open.catchingUp = readText(address, text, context)))
    return text
  }

  async #write(open: OpenText, write: { update?: Uint8Array; by?: unknown; isAtRest: boolean }): Promise<void> {
    const { witnesses } = this.#context.writer
    const isWatched = [...witnesses].some(({ typed, isIdle = false }) => typed !== undefined && !isIdle)
    const options = { ...write, isWatched, mayCreate: !open.hasDocument }
    const loading = open.text ?? this.#loaded(open)
    // In the turn in which it was asked for: what is asked next comes after it.
    const row = await writeText(open.address, loading, options, this.#context)
    open.hasDocument = true
    for (const range of (await loading).typed()) if (row !== undefined) this.#tellTyped(open, range, row, write.update)
  }

  #tellTyped(open: OpenText, range: TypedRange, row: ChangedRow, update: Uint8Array | undefined): void {
    const { batches } = open
    if (batches === undefined) return
    const hold = (): HeldTyping => {
      open.held++
      return batches.hold(range, () => this.#release(open))
    }
    const typing = { row, path: open.address.path, chars: update?.length ?? 0, hold }
    for (const witness of this.#context.writer.witnesses) witness.typed?.(typing)
  }

  #release(open: OpenText): void {
    if (--open.held > 0) return
    open.text?.forget()
    this.#letGo(open)
  }

  async #close(session: number, open: OpenText): Promise<void> {
    // What was typed last may be on its way; the line keeps the order.
    if (open.sessions.size === 1 && open.hasDocument) await this.#write(open, { isAtRest: true })
    this.#forget(session, open)
  }

  #forget(session: number, open: OpenText): void {
    this.#sessions.delete(session)
    open.sessions.delete(session)
    this.#letGo(open)
  }

  #letGo(open: OpenText): void {
    if (open.sessions.size > 0 || open.held > 0) return
    this.#texts.delete(nameOf(open.address))
    open.text?.close()
  }

  #unattended(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#context.log.warn("a text was not stored", { reason: String(error) }))
  }

  #newClient(): number {
    const bytes = this.#context.host.random(8)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return (view.getUint32(0) & 0x1fffff) * 0x1_0000_0000 + view.getUint32(4)
  }
}

const nameOf = ({ key, path }: TextAddress): string => `${key}\0${path}`

function refused(path: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `A text was asked without a valid ${path}.`, { details: { path } })
}
