/**
 * The page's end of the data plane. Owns: calls that wait for an answer, and the batch of the current tick.
 * Invariant: the calls of one tick leave as one batch, in call order; each is answered once, or rejected when the engine is
 * lost. Calls made while there is no engine wait for one. Must not know workers, documents or what a call means.
 */
import { type ErrorJson, FixpointError, isFixpointError } from "@fixpoint/core/errors"
import type { DocumentLines, DocumentText, Durability, VersionedText, WriteOp } from "@fixpoint/core"
import { Mirror } from "./mirror.ts"
import type { Answer, Batch, Call, Calls, Notice, Notices, Ticket } from "./protocol.ts"

interface Pending {
  readonly call: Call
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** Gets of one tick that leave as one call. */
interface SharedGet {
  readonly collection: string
  readonly ids: string[]
  readonly result: Promise<(string | undefined)[]>
}

/** Writes of one transaction and tick that leave as one call. */
interface SharedWrite {
  readonly transaction: Ticket
  readonly ops: WriteOp[]
  readonly result: Promise<string>
}

/** Commits of one write each, of one tick, that leave as one call. */
interface SharedCommits {
  readonly durability: Durability | undefined
  readonly ops: WriteOp[]
  readonly result: Promise<(string | ErrorJson)[]>
}

/** Calls whose order among writes counts: writes and commits, and what is asked of parts, undo among them. */
const writing = /^(write|commit|part)/

/** Sends a batch to the engine. */
export type Send = (batch: Batch) => void

/** The data plane as the page sees it. */
export class Client {
  readonly #pending = new Map<number, Pending>()
  #queue: (Call | Notice)[] = []
  #send: Send | undefined
  #failed: FixpointError | undefined
  #sharedGet: SharedGet | undefined
  #sharedWrite: SharedWrite | undefined
  #sharedCommits: SharedCommits | undefined
  readonly #mirror = new Mirror()
  /** Called before something leaves that is written, or takes back what was: what was typed before it goes first. */
  onWrite: () => void = () => undefined
  #count = 0

  /** A number that no other call, transaction, live query or staged write of this page has. */
  ticket(): number {
    return ++this.#count
  }

  /** Asks, and waits for the answer. */
  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    if (writing.test(method)) this.onWrite()
    return new Promise((resolve, reject) => {
      const id = this.ticket()
      const call = { id, method, args } as unknown as Call
      this.#pending.set(id, { call, resolve: resolve as Pending["resolve"], reject })
      this.#push(call)
    })
  }

  /** Tells, without an answer. */
  tell<M extends keyof Notices>(method: M, ...args: Parameters<Notices[M]>): void {
    this.#push({ method, args } as unknown as Notice)
  }

  /** Documents from this side's memory, or read. */
  get(collection: string, ids: readonly string[]): Promise<(DocumentText | undefined)[]> {
    const kept = this.#mirror.find(collection, ids)
    if (kept !== undefined) return Promise.resolve(kept)
    const reading = this.#texts(collection, ids)
    if (ids.length === 1 && this.#mirror.missed(collection)) void this.#readAhead(collection)
    return reading
  }

  /** Reads documents that are to be written again, with their versions. */
  read(collection: string, ids: readonly string[]): Promise<(VersionedText | undefined)[]> {
    return this.call("get", collection, ids, undefined)
  }

  /** Reads documents. Neighbouring reads of one tick and collection share a call, unless it fails: then each asks alone. */
  async #texts(collection: string, ids: readonly string[]): Promise<(DocumentText | undefined)[]> {
    let shared = this.#sharedGet
    if (shared?.collection !== collection) {
      const all: string[] = []
      shared = { collection, ids: all, result: this.call("texts", collection, all) }
      this.#sharedGet = shared
    }
    const from = shared.ids.length
    for (const id of ids) shared.ids.push(id)
    const named = (texts: readonly (string | undefined)[], start: number) =>
      ids.map((id, i) => {
        const text = texts[start + i]
        return text === undefined ? undefined : { id, text }
      })
    try {
      return named(await shared.result, from)
    } catch (error) {
      if (shared.ids.length === ids.length || !isFixpointError(error) || error.kind !== "corrupt") throw error
      return named(await this.call("texts", collection, ids), 0)
    }
  }

  /** Commits one write; gives the stamp. Neighbouring ones of one tick share a call; each is stored or not as if it had its own. */
  async commit(op: WriteOp, durability: Durability | undefined): Promise<string> {
    this.onWrite()
    let shared = this.#sharedCommits
    if (shared === undefined || shared.durability !== durability) {
      const all: WriteOp[] = []
      shared = { durability, ops: all, result: this.call("writeEach", all, durability) }
      this.#sharedCommits = shared
    }
    const at = shared.ops.push(op) - 1
    const told = (await shared.result)[at] as string | ErrorJson
    if (typeof told === "string") return told
    throw FixpointError.fromJSON(told)
  }

  /** Hands writes to a transaction. Neighbouring ones of one tick share a call; each fails or not as if it had its own. */
  async write(transaction: Ticket, ops: readonly WriteOp[]): Promise<void> {
    let shared = this.#sharedWrite
    if (shared?.transaction !== transaction) {
      const all: WriteOp[] = []
      shared = { transaction, ops: all, result: this.call("write", all, undefined, { transaction }) }
      this.#sharedWrite = shared
    }
    const from = shared.ops.length
    for (const op of ops) shared.ops.push(op)
    try {
      await shared.result
    } catch (error) {
      if (!isFixpointError(error)) throw error
      const { index, ...details } = error.details
      const at = Number(index) - from
      if (at >= ops.length) return
      const own = ops.length > 1 && at >= 0 ? { ...details, index: at } : details
      throw FixpointError.fromJSON({ ...error.toJSON(), details: own })
    }
  }

  /** There is an engine: what has waited leaves. */
  attach(send: Send): void {
    this.#send = send
    this.#flush()
  }

  /** The engine is gone: what it was asked for is rejected, later calls wait for the next one. */
  detach(error: FixpointError): void {
    this.#send = undefined
    this.#queue = []
    this.#unshare()
    this.forget()
    const lost = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of lost) reject(error)
  }

  /** There will be no engine any more. */
  fail(error: FixpointError): void {
    this.#failed ??= error
    this.detach(error)
  }

  /** What was read may have changed. */
  forget(): void {
    this.#mirror.forgetAll()
  }

  /** Takes the answer to a call. */
  settle(answer: Extract<Answer, { id: number }>): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if (pending !== undefined) this.#note(pending.call, answer)
    if (answer.kind === "result") pending?.resolve(answer.result)
    else pending?.reject(FixpointError.fromJSON(answer.error))
  }

  #push(message: Call | Notice): void {
    // Whatever comes between two reads may be a write that the second one must come after.
    this.#unshare()
    if (this.#queue.push(message) === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    if (this.#send === undefined || this.#queue.length === 0) return
    const batch = this.#queue
    this.#queue = []
    this.#unshare()
    this.#send(batch)
  }

  /** Keeps what reads have brought, and forgets what writes may have changed, before anybody hears of either. */
  #note(call: Call, answer: Extract<Answer, { id: number }>): void {
    if (call.method === "getAhead") {
      this.#mirror.keep(call.args[0], answer.kind === "result" ? (answer.result as DocumentLines) : undefined)
    } else if (call.method === "write") {
      const [ops, , { stage, transaction }] = call.args
      if (stage !== undefined) this.forget()
      else if (transaction === undefined) this.#mirror.forget(ops)
    } else if (call.method === "writeEach") this.#mirror.forget(call.args[0])
    else if (call.method === "commit") this.forget()
  }

  /** Nobody waits for it: of a failure, the next read of what it was to bring tells. */
  async #readAhead(collection: string): Promise<void> {
    for (let from = this.#mirror.next(collection); from !== undefined; from = this.#mirror.next(collection))
      await this.call("getAhead", collection, from).catch(() => undefined)
  }

  #unshare(): void {
    this.#sharedGet = undefined
    this.#sharedWrite = undefined
    this.#sharedCommits = undefined
  }
}
