/**
 * One database as all its handles in this thread share it, from the moment of fixpoint(). Owns: its status, who listens, and the
 * wait for the part of the page side that is loaded with it (connection.ts).
 * Invariant: once that part is there, work begins in the turn in which it is asked for.
 */
import { FixpointError } from "@fixpoint/core/errors"
import type { Connection } from "./connection.ts"
import type { Attachable } from "./crossing.ts"
import type { Storage, Ticket } from "./protocol.ts"
import type { SessionEvent, SessionNews, Status } from "./session-seam.ts"
import { SyncLink } from "./sync-link.ts"

/** Loads what runs a database, and begins to run it. */
export type Connecting = (news: SessionNews) => Promise<Connection>

/** A shared database. */
export class Session implements SessionNews {
  readonly listeners = new Set<(event: SessionEvent) => void>()
  #status: Status
  #connection: Connection | undefined
  readonly #connecting: Promise<Connection>

  constructor(connect: Connecting, storage: Storage) {
    this.#status = { state: "opening", persistence: presumed(storage), device: undefined, error: undefined }
    this.#connecting = this.#connect(connect)
    // Whoever asks for something gets the failure.
    this.#connecting.catch((error: FixpointError) => this.change({ state: "failed", error }))
  }

  /** Whether work begins in the turn in which it is asked for. */
  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  get status(): Status {
    return this.#status
  }

  /** Does something with the connection, at once if it is there. */
  run<R>(work: (connection: Connection) => R): R | Promise<Awaited<R>> {
    if (this.#connection !== undefined) return work(this.#connection)
    return this.#connecting.then(work) as Promise<Awaited<R>>
  }

  /** What the connection has thrown, in words. */
  explained<E>(error: E): E {
    return this.#connection === undefined ? error : this.#connection.explained(error)
  }

  /** Syncs with a bucket, once there is a connection; `isOnce`: unless one of its name is attached by then. */
  attach(gateway: Attachable, isOnce = false): SyncLink {
    const through = async (work: (connection: Connection, ticket: Ticket) => Promise<void> | void): Promise<void> => {
      try {
        const ticket = await attached
        if (ticket !== undefined) await this.run((connection) => work(connection, ticket))
      } catch (error) {
        throw this.explained(error)
      }
    }
    const link = new SyncLink(gateway.name, {
      sync: (options, verb = "sync") =>
        through((connection, ticket) => connection.ask("link", [ticket, verb], options)),
      // Where there is no connection there is nothing to steer: the status of the database says why.
      steer: (how) => void through(({ client }, ticket) => client.tell("steer", ticket, how)).catch(() => undefined),
      detach: () => through((connection, ticket) => connection.detach(ticket)),
    })
    const attached = Promise.resolve(
      this.run((connection) =>
        isOnce && connection.isAttached(gateway.name) ? undefined : connection.attach(gateway, link),
      ),
    )
    attached.catch(() => undefined)
    return link
  }

  change(change: Partial<Status>): void {
    this.#status = { ...this.#status, ...change }
    this.tell({ event: "status", status: this.#status })
  }

  tell(event: SessionEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  async #connect(connect: Connecting): Promise<Connection> {
    try {
      this.#connection = await connect(this)
      return this.#connection
    } catch (cause) {
      throw new FixpointError("STORE_UNAVAILABLE", "Code did not load. Reload the page when there is a network.", {
        cause,
      })
    }
  }
}

/** Where data will be, as far as one can know before the database is open. */
function presumed(storage: Storage): Status["persistence"] {
  if (typeof storage === "string") return storage === "memory" ? storage : "indexeddb"
  return "memory" in storage ? "memory" : "fs"
}
