/**
 * One database as all its handles in this thread share it. Owns: the client, the link, the status, the live queries.
 * Invariant: an engine that is lost is replaced, and every live query is mounted on the new one; data that lived in the lost
 * engine's memory alone is reported as lost, never shown as an empty database. Must not know documents.
 */
import type { CollectionSpec, EngineEvent, EngineStatus, LiveStep, QuerySpec } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { Client } from "./client.ts"
import type { Connect, Link, LinkRequest } from "./link.ts"
import { logChoice, logSettings, takeRecord } from "./log-settings.ts"
import type { Answer, Storage, Ticket } from "./protocol.ts"

/** The state of a database. */
export interface Status {
  readonly state: EngineStatus["state"]
  /** Where data is kept; "memory" ends with the page or process. */
  readonly persistence: EngineStatus["persistence"]
  /** The id of this device in this database, once it is open. */
  readonly device: string | undefined
  readonly error: FixpointError | undefined
}

/** What a connection tells its handles. */
export type ConnectionEvent =
  | { readonly event: "status"; readonly status: Status }
  | { readonly event: "error"; readonly error: FixpointError }
  | Extract<EngineEvent, { event: "metric" }>

interface Mounted {
  readonly spec: QuerySpec
  listener(step: LiveStep): void
}

/** A shared database. */
export class Connection {
  readonly client = new Client()
  readonly #link: Link
  readonly #mounted = new Map<Ticket, Mounted>()
  readonly #listeners = new Set<(event: ConnectionEvent) => void>()
  #declared: Record<string, CollectionSpec>
  #status: Status
  #isUp = false
  #isObserved = false
  readonly #unfollow: () => void

  constructor(connect: Connect, request: LinkRequest) {
    const { storage, collections } = request.open
    this.#declared = { ...collections }
    this.#status = { state: "opening", persistence: presumed(storage), device: undefined, error: undefined }
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
    this.#unfollow = logSettings.follow(() => this.#link.configure(logChoice(request.debug)))
  }

  get status(): Status {
    return this.#status
  }

  /** Tells events; gives the function that ends it. */
  listen(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Asks for metric events, now and after a restart. */
  observe(): void {
    if (!this.#isObserved && this.#isUp) this.client.tell("observe", true)
    this.#isObserved = true
  }

  /** Declares collections, now and after a restart. */
  declare(collections: Readonly<Record<string, CollectionSpec>>): void {
    this.#declared = { ...this.#declared, ...collections }
    if (this.#isUp) this.client.tell("declare", collections)
  }

  /** Mounts a live query, now and after a restart; gives the function that ends it. */
  mount(spec: QuerySpec, listener: (step: LiveStep) => void): () => void {
    const ticket = this.client.ticket()
    this.#mounted.set(ticket, { spec, listener })
    if (this.#isUp) this.client.tell("watch", ticket, spec)
    return () => {
      if (this.#mounted.delete(ticket) && this.#isUp) this.client.tell("unwatch", ticket)
    }
  }

  /** Closes the engine, or destroys what it keeps, and ends what runs it. */
  async end(how: "close" | "destroy"): Promise<void> {
    try {
      await this.client.call(how)
    } finally {
      this.#setStatus({ state: "closed" })
      this.client.fail(new FixpointError("CLOSED"))
      this.#isUp = false
      this.#unfollow()
      this.#link.end()
    }
  }

  #resume(): void {
    this.client.tell("declare", this.#declared)
    if (this.#isObserved) this.client.tell("observe", true)
    for (const [ticket, { spec }] of this.#mounted) this.client.tell("watch", ticket, spec)
  }

  #take(answer: Answer): void {
    switch (answer.kind) {
      case "step":
        this.#mounted.get(answer.watch)?.listener(answer.step)
        break
      case "event":
        this.#hear(answer.event)
        break
      case "log":
        takeRecord(answer.record)
        break
      default:
        this.client.settle(answer)
    }
  }

  #hear(event: EngineEvent): void {
    if (event.event === "metric") this.#tell(event)
    else if (event.event === "error") this.report(FixpointError.fromJSON(event.error))
    else if (event.status.state !== "closed") {
      const { state, persistence, device, error: json } = event.status
      const error = json && FixpointError.fromJSON(json)
      // An engine that did not open cannot say where its data is.
      this.#setStatus(state === "ready" ? { state, persistence, device, error } : { state, error })
    }
  }

  /** Tells a failure that no caller waits for. */
  report(error: FixpointError): void {
    this.#tell({ event: "error", error })
  }

  #down(error: FixpointError): boolean {
    this.#isUp = false
    const { state, persistence } = this.#status
    this.client.detach(error)
    if (state === "ready" && persistence === "memory") {
      this.#fail(new FixpointError("STORE_LOST", "The data was in the memory of a worker that has ended."))
      return false
    }
    this.#setStatus({ state: "opening", error })
    this.report(error)
    return true
  }

  #fail(error: FixpointError): void {
    this.#isUp = false
    this.client.fail(error)
    this.#setStatus({ state: "failed", error })
    this.report(error)
    for (const { listener } of this.#mounted.values()) listener({ kind: "error", error: error.toJSON() })
  }

  #setStatus(change: Partial<Status>): void {
    this.#status = { ...this.#status, ...change }
    this.#tell({ event: "status", status: this.#status })
  }

  #tell(event: ConnectionEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** Where data will be, as far as one can know before the database is open. */
function presumed(storage: Storage): Status["persistence"] {
  if (storage === "memory") return "memory"
  if (typeof storage === "string") return "indexeddb"
  return "memory" in storage ? "memory" : "fs"
}
