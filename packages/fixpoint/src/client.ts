/**
 * The page's end of the data plane. Owns: calls that wait for an answer, and the batch of the current tick.
 * Invariant: the calls of one tick leave as one batch, in call order; each is answered once, or rejected when the engine is
 * lost. Calls made while there is no engine wait for one. Must not know workers, documents or what a call means.
 */
import { FixpointError, isFixpointError } from "@fixpoint/core/errors"
import type { VersionedText } from "@fixpoint/core"
import type { Answer, Batch, Call, Calls, Notice, Notices } from "./protocol.ts"

interface Pending {
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** Gets of one tick that leave as one call. */
interface SharedGet {
  readonly collection: string
  readonly ids: string[]
  readonly result: Promise<(VersionedText | undefined)[]>
}

/** Sends a batch to the engine. */
export type Send = (batch: Batch) => void

/** The data plane as the page sees it. */
export class Client {
  readonly #pending = new Map<number, Pending>()
  #queue: (Call | Notice)[] = []
  #send: Send | undefined
  #failed: FixpointError | undefined
  #sharedGet: SharedGet | undefined
  #count = 0

  /** A number that no other call, transaction, live query or staged write of this page has. */
  ticket(): number {
    return ++this.#count
  }

  /** Asks, and waits for the answer. */
  call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    return new Promise((resolve, reject) => {
      const id = this.ticket()
      this.#pending.set(id, { resolve: resolve as Pending["resolve"], reject })
      this.#push({ id, method, args } as unknown as Call)
    })
  }

  /** Tells, without an answer. */
  tell<M extends keyof Notices>(method: M, ...args: Parameters<Notices[M]>): void {
    this.#push({ method, args } as unknown as Notice)
  }

  /** Reads documents. Neighbouring reads of one tick and collection share a call, unless it fails: then each asks alone. */
  async get(collection: string, ids: readonly string[]): Promise<(VersionedText | undefined)[]> {
    let shared = this.#sharedGet
    if (shared?.collection !== collection) {
      const all: string[] = []
      shared = { collection, ids: all, result: this.call("get", collection, all, undefined) }
      this.#sharedGet = shared
    }
    const from = shared.ids.length
    shared.ids.push(...ids)
    try {
      return (await shared.result).slice(from, from + ids.length)
    } catch (error) {
      if (shared.ids.length === ids.length || !isFixpointError(error) || error.kind !== "corrupt") throw error
      return await this.call("get", collection, ids, undefined)
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
    this.#sharedGet = undefined
    const lost = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of lost) reject(error)
  }

  /** There will be no engine any more. */
  fail(error: FixpointError): void {
    this.#failed ??= error
    this.detach(error)
  }

  /** Takes the answer to a call. */
  settle(answer: Extract<Answer, { id: number }>): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if (answer.kind === "result") pending?.resolve(answer.result)
    else pending?.reject(FixpointError.fromJSON(answer.error))
  }

  #push(message: Call | Notice): void {
    // Whatever comes between two reads may be a write that the second one must come after.
    this.#sharedGet = undefined
    if (this.#queue.push(message) === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    if (this.#send === undefined || this.#queue.length === 0) return
    const batch = this.#queue
    this.#queue = []
    this.#sharedGet = undefined
    this.#send(batch)
  }
}
