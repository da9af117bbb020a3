/**
 * What a session runs on: the client, the link, the live queries. Loaded with the first database.
 * Invariant: an engine that is lost is replaced, and every live query is mounted on the new one; data that lived in the lost
 * engine's memory alone is reported as lost, never shown as an empty database. Must not know documents.
 */
import type { CheckReport, CollectionSpec, LiveStep, FindSpec, QuerySpec } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal } from "./abort.ts"
import { Client } from "./client.ts"
import type { Attachable, SentRemote } from "./crossing.ts"
import { DatabaseLane } from "./database-lane.ts"
import { Attachment } from "./files/attachment.ts"
import type { EndWith, FilePutOptions } from "./files/file-options.ts"
import { type FileSource, isFileSource } from "./files/file-source.ts"
import { refused } from "./refused.ts"
import { explained, failureOf, reportInWords } from "./explain.ts"
import type { Joined, PartListener } from "./lane.ts"
import type { Connect, Link } from "./link.ts"
import { logChoice } from "./log-choice.ts"
import { logSettings, takeRecord } from "./log-settings.ts"
import { Operations } from "./operations.ts"
import type { Declared } from "./fields.ts"
import type { Answer, Calls, Ticket, ToldEvent } from "./protocol.ts"
import type { Durability, Outcome, Scope, Waiting, WriteOptions } from "./scope.ts"
import type { SyncLink } from "./sync-link.ts"
import type { SessionNews, SessionRequest } from "./session-seam.ts"
import { transact } from "./transaction-run.ts"
import { specsOf } from "./where.ts"

interface Attached {
  readonly gateway: Attachable
  readonly link: SyncLink
}

interface Mounted {
  readonly spec: QuerySpec | FindSpec
  listener(step: LiveStep): void
}

/** A database that runs. */
export class Connection {
  readonly client = new Client()
  readonly #news: SessionNews
  readonly #link: Link
  readonly #mounted = new Map<Ticket, Mounted>()
  readonly #joined = new Map<Ticket, PartListener>()
  readonly #name: string
  readonly #attached = new Map<Ticket, Attached>()
  #declared: Record<string, CollectionSpec>
  #isUp = false
  #isObserved = false
  readonly #unfollow: () => void
  readonly #unattend: () => void

  constructor(connect: Connect, wanted: SessionRequest, news: SessionNews) {
    const collections = specsOf(wanted.open.collections)
    const request = { ...wanted, open: { ...wanted.open, collections, log: logChoice(wanted.debug) } }
    this.#news = news
    this.#name = request.open.name
    this.#declared = collections
    this.client.onWrite = () => {
      for (const listener of this.#joined.values()) listener.flush?.()
    }
    this.#link = connect(request, {
      up: (send) => {
        this.#isUp = true
        this.#resume()
        this.client.attach(send)
      },
      receive: (answers) => {
        for (const answer of answers) this.#take(answer)
      },
      down: (error) => this.#down(error),
      fail: (error) => this.#fail(error),
    })
    const attend = () => this.#attend()
    globalThis.document?.addEventListener("visibilitychange", attend)
    this.#unattend = () => globalThis.document?.removeEventListener("visibilitychange", attend)
    this.#unfollow = logSettings.follow(() => this.#link.configure(logChoice(request.debug)))
  }

  /** Asks the engine. */
  async ask<M extends keyof Calls>(
    method: M,
    args: Parameters<Calls[M]>,
    { signal }: Waiting,
  ): Promise<ReturnType<Calls[M]>> {
    checkSignal(signal)
    return await abortable(this.client.call(method, ...args), signal)
  }

  /** Asks the engine to look at what is stored. */
  async check(options: { readonly deep: boolean }, waiting: Waiting): Promise<CheckReport> {
    return reportInWords(await this.ask("check", [options], waiting))
  }

  /** What a call has thrown, in words. */
  explained<E>(error: E): E {
    return explained(error)
  }

  /** Reads and writes of documents, for a handle whose writes are as sure as `durability` says; `endWith` takes what ends with it. */
  operations(durability: Durability | undefined, endWith: EndWith): Operations {
    return new Operations(new DatabaseLane(this, durability), endWith)
  }

  /** Puts a file that a document is to name later. It is held until the attachment is closed. */
  async file(source: FileSource, options: FilePutOptions, endWith: EndWith): Promise<Attachment> {
    if (!isFileSource(source)) throw refused("file", "A file is put from a Blob, a File, or a stream of bytes.")
    const { putFile, releaseFile } = await import("./files/put-file.ts")
    const lane = new DatabaseLane(this, undefined)
    const content = await putFile(lane, source, options)
    const attachment = new Attachment(content, lane, endWith)
    attachment.whenClosed(() => releaseFile(lane, content))
    return attachment
  }

  /** Runs a transaction; `make` makes what its body works with. */
  transact<Tx, R>(
    make: (scope: Scope) => Tx,
    body: (tx: Tx) => R | Promise<R>,
    options: WriteOptions,
  ): Promise<Outcome<R>> {
    return transact({ client: this.client, database: new DatabaseLane(this, undefined) }, make, body, options)
  }

  /** Asks for metric events, now and after a restart. */
  observe(): void {
    if (!this.#isObserved && this.#isUp) this.client.tell("observe", true)
    this.#isObserved = true
  }

  /** Declares collections, now and after a restart. */
  declare(collections: Readonly<Record<string, Declared>>): void {
    const specs = specsOf(collections)
    this.#declared = { ...this.#declared, ...specs }
    if (this.#isUp) this.client.tell("declare", specs)
  }

  /** Syncs with a bucket, now and after a restart. */
  attach(gateway: Attachable, link: SyncLink): Ticket {
    const ticket = this.client.ticket()
    this.#attached.set(ticket, { gateway, link })
    if (this.#isUp) this.#tellAttach(ticket, gateway)
    return ticket
  }

  /** Ends a link. */
  async detach(ticket: Ticket): Promise<void> {
    await this.client.call("link", ticket, "detach")
    this.#attached.delete(ticket)
  }

  /** Whether a bucket of this name is attached. */
  isAttached(name: string): boolean {
    return [...this.#attached.values()].some(({ gateway }) => gateway.name === name)
  }

  /** Mounts a live query, now and after a restart; gives the function that ends it. */
  mount(spec: QuerySpec | FindSpec, listener: (step: LiveStep) => void): () => void {
    const ticket = this.client.ticket()
    this.#mounted.set(ticket, { spec, listener })
    if (this.#isUp) this.client.tell("watch", ticket, spec)
    return () => {
      if (this.#mounted.delete(ticket) && this.#isUp) this.client.tell("unwatch", ticket)
    }
  }

  /** Joins what a part of the engine tells, of this engine and of the next. */
  join(listener: PartListener): Joined {
    const session = this.client.ticket()
    this.#joined.set(session, listener)
    return { session, name: this.#name, explained, leave: () => void this.#joined.delete(session) }
  }

  /** Tells a failure that no caller waits for. */
  report(error: FixpointError): void {
    this.#news.tell({ event: "error", error: explained(error) })
  }

  /** Closes the engine, or destroys what it keeps, and ends what runs it. */
  async end(how: "close" | "destroy"): Promise<void> {
    try {
      await this.client.call(how)
    } finally {
      this.#isUp = false
      this.client.fail(new FixpointError("CLOSED", "The database is closed."))
      this.#unfollow()
      this.#unattend()
      this.#link.end()
    }
  }

  #resume(): void {
    this.client.tell("declare", this.#declared)
    if (this.#isObserved) this.client.tell("observe", true)
    for (const [ticket, { spec }] of this.#mounted) this.client.tell("watch", ticket, spec)
    for (const listener of this.#joined.values()) listener.resume()
    for (const [ticket, { gateway }] of this.#attached) this.#tellAttach(ticket, gateway)
  }

  #tellAttach(ticket: Ticket, gateway: Attachable): void {
    // The link to another thread makes of it what can cross.
    this.client.tell("attach", ticket, gateway as SentRemote)
    this.#attend()
  }

  #attend(): void {
    if (this.#isUp && this.#attached.size > 0) this.client.tell("attend", globalThis.document?.hidden !== true)
  }

  #take(answer: Answer): void {
    switch (answer.kind) {
      case "step":
        this.#mounted.get(answer.watch)?.listener(answer.step)
        break
      case "event":
        this.#hear(answer.event)
        break
      case "stale":
        this.client.forget()
        break
      case "sync": {
        const { lastError } = answer.status
        const status = { ...answer.status, lastError: lastError && failureOf(lastError) }
        const told = this.#attached.get(answer.link)?.link.tell(status)
        if (told !== undefined) this.#news.tell({ event: "sync", status: told })
        break
      }
      case "log":
        takeRecord(answer.record)
        break
      default:
        this.client.settle(answer)
    }
  }

  #hear(event: ToldEvent): void {
    if (event.event === "metric" || event.event === "conflict") this.#news.tell(event)
    else if (event.event === "part") this.#joined.get(event.session)?.told(event.body)
    else if (event.event === "error") this.report(FixpointError.fromJSON(event.error))
    else if (event.status.state !== "closed") {
      this.client.forget()
      const { state, persistence, device, error: json } = event.status
      const error = json && failureOf(json)
      // An engine that did not open cannot say where its data is.
      this.#news.change(state === "ready" ? { state, persistence, device, error } : { state, error })
    }
  }

  #down(error: FixpointError): boolean {
    this.#isUp = false
    const { state, persistence } = this.#news.status
    this.client.detach(error)
    if (state === "ready" && persistence === "memory") {
      this.#fail(new FixpointError("STORE_LOST", "The data was in the memory of a worker that has ended."))
      return false
    }
    this.#news.change({ state: "opening", error: explained(error) })
    this.report(error)
    return true
  }

  #fail(error: FixpointError): void {
    this.#isUp = false
    this.client.fail(error)
    this.#news.change({ state: "failed", error: explained(error) })
    this.report(error)
    for (const { listener } of this.#mounted.values()) listener({ kind: "error", error: error.toJSON() })
  }
}
