/**
 * The engine's end of the data plane. Owns: transactions, live queries, links and staged writes of one page, by ticket.
 * Invariant: every call is answered once, whatever it holds: a malformed one with its code. The answers of one turn leave as
 * one batch. Must not know what carries a batch, or documents.
 */
import type {
  Durability,
  Engine,
  EngineEvent,
  EngineTransaction,
  Remote,
  RemoteLink,
  StagedWrites,
  WriteOp,
} from "@fixpoint/core"
import { packDocuments } from "@fixpoint/core/codec"
import { asFixpointError, type ErrorJson, FixpointError } from "@fixpoint/core/errors"
import { admitMessage } from "./admit-message.ts"
import type { SentRemote } from "./crossing.ts"
import type { Answer, Calls, Notices, Ticket, ToldEvent } from "./protocol.ts"

type Result = ReturnType<Calls[keyof Calls]>

/** A result, or what makes it in the turn in which it is told. */
type Told<R> = R | (() => R)

type Handlers<T> = {
  readonly [M in keyof T]: T[M] extends (...args: infer A) => infer R
    ? (...args: A) => Told<R> | Promise<Told<R>>
    : never
}

const notAttached = {
  state: "stopped",
  progress: undefined,
  pending: 0,
  lastSyncAt: undefined,
  requests: { get: 0, put: 0, list: 0, delete: 0 },
  bytes: { in: 0, out: 0 },
  cost: 0,
} as const

/** An engine that serves one page. */
export interface EngineServer {
  /** Takes what the page has sent, as it came. */
  take(batch: unknown): void
  /** Tells the page something of its own accord. */
  tell(answer: Answer): void
}

/** The page that an engine serves. */
export interface Served {
  /** `given` is memory of them that is the page's from now on. */
  post(answers: readonly Answer[], given: ArrayBuffer[]): void
  /** What an event becomes before it is told. */
  revise(event: ToldEvent): ToldEvent
  /** The remote of what the page has sent. */
  openRemote(sent: SentRemote): Promise<Remote>
}

/** Serves an engine to a page. */
export function serveEngine(engine: Engine, page: Served): EngineServer {
  return new Server(engine, page)
}

class Server implements EngineServer {
  readonly #engine: Engine
  readonly #page: Served
  readonly #transactions = new Map<Ticket, Promise<EngineTransaction>>()
  readonly #watches = new Map<Ticket, () => void>()
  readonly #staged = new Map<Ticket, StagedWrites>()
  readonly #links = new Map<Ticket, Promise<RemoteLink>>()
  readonly #answers: Answer[] = []
  readonly #given: ArrayBuffer[] = []
  #isObserved = false
  #hasReadAhead = false
  /** Records that changed what reads give. */
  #applied = 0

  constructor(engine: Engine, page: Served) {
    this.#engine = engine
    this.#page = page
    engine.on((event) => this.#told(event))
  }

  take(batch: unknown): void {
    const messages: readonly unknown[] = Array.isArray(batch) ? batch : [batch]
    for (const message of messages) void this.#handle(message)
  }

  tell(answer: Answer): void {
    if (this.#answers.push(answer) === 1)
      queueMicrotask(() => this.#page.post(this.#answers.splice(0), this.#given.splice(0)))
  }

  #told(event: EngineEvent): void {
    if (event.event === "applied") {
      this.#applied++
      if (!event.isForeign || !this.#hasReadAhead) return
      this.#hasReadAhead = false
      this.tell({ kind: "stale" })
    } else if (event.event !== "metric" || this.#isObserved)
      this.tell({ kind: "event", event: this.#page.revise(event) })
  }

  async #handle(message: unknown): Promise<void> {
    const id = (message as { readonly id?: number } | null | undefined)?.id
    try {
      const { method, args } = admitMessage(message)
      const handler = this.#handlers[method] as (...args: readonly unknown[]) => Promise<Told<Result>>
      const result = await handler(...args)
      if (id !== undefined) this.tell({ kind: "result", id, result: typeof result === "function" ? result() : result })
    } catch (thrown) {
      const error = asFixpointError(thrown).toJSON()
      // A notice has no caller: its failure is told as the database's.
      this.tell(id === undefined ? { kind: "event", event: { event: "error", error } } : { kind: "error", id, error })
    }
  }

  /** In the turn in which it is told. */
  #give(bytes: Uint8Array): Uint8Array {
    this.#given.push(bytes.buffer as ArrayBuffer)
    return bytes
  }

  readonly #handlers: Handlers<Calls> & Handlers<Notices> = {
    ready: () => this.#engine.ready(),
    write: async (ops, durability, { stage, transaction }) => {
      const all = stage === undefined ? ops : this.#stage(stage, ops)
      if (stage !== undefined) this.#staged.delete(stage)
      if (transaction === undefined) return (await this.#engine.write(all, durability)).stamp
      await (await this.#transaction(transaction)).write(all)
      return ""
    },
    writeEach: async (ops, durability) => await Promise.all(ops.map((op) => this.#commit(op, durability))),
    texts: (collection, ids) => this.#engine.texts(collection, ids),
    get: async (collection, ids, transaction) =>
      await (transaction === undefined ? this.#engine : await this.#transaction(transaction)).get(collection, ids),
    getAhead: async (collection, from) => {
      const began = this.#applied
      const documents = await this.#engine.getAhead(collection, from)
      return () => {
        // The page hears of what changes from here on. Of what changed before it must not keep anything.
        if (this.#applied !== began) return undefined
        this.#hasReadAhead = true
        return documents
      }
    },
    query: async (spec, transaction) => {
      const reader = transaction === undefined ? this.#engine : await this.#transaction(transaction)
      const { documents, next } = await reader.query(spec)
      const isFigure = spec.aggregate !== undefined
      return { pieces: isFigure ? [] : packDocuments(documents), groups: isFigure ? documents : [], next }
    },
    explain: (spec) => this.#engine.explain(spec),
    find: (spec) => this.#engine.find(spec),
    changes: (collection, since) => this.#engine.changes(collection, since),
    commit: async (ticket, durability) => {
      const transaction = await this.#transaction(ticket)
      this.#transactions.delete(ticket)
      return (await transaction.commit(durability))?.stamp
    },
    part: async (name, verb, args) => {
      const result = await this.#engine.part(name, verb, args)
      // A chunk that was read of a file: nobody here has it.
      return name === "files" && result instanceof Uint8Array ? () => this.#give(result) : result
    },
    check: (options) => this.#engine.check(options),
    stats: () => this.#engine.stats(),
    compact: () => this.#engine.compact(),
    link: async (link, verb) => {
      const attached = await this.#link(link)
      await attached[verb]()
      if (verb === "detach") this.#links.delete(link)
    },
    synced: async (stamp) => {
      // Whoever attaches and waits in one turn waits for what is being attached.
      await Promise.allSettled(this.#links.values())
      await (await this.#engine.sync()).synced(stamp)
    },
    digest: async () => await (await this.#engine.sync()).digest(),
    close: () => this.#end("close"),
    destroy: () => this.#end("destroy"),

    stage: (stage, ops) => void this.#stage(stage, ops),
    unstage: (stage) => void this.#staged.delete(stage),
    begin: (ticket) => {
      const transaction = this.#engine.begin()
      // Whoever uses the transaction gets the failure.
      transaction.catch(() => undefined)
      this.#transactions.set(ticket, transaction)
    },
    rollback: async (ticket) => {
      const transaction = await this.#transactions.get(ticket)?.catch(() => undefined)
      this.#transactions.delete(ticket)
      transaction?.rollback()
    },
    watch: (ticket, spec) => {
      const stop = this.#engine.watch(spec, (step) => this.tell({ kind: "step", watch: ticket, step }))
      this.#watches.set(ticket, stop)
    },
    unwatch: (ticket) => {
      this.#watches.get(ticket)?.()
      this.#watches.delete(ticket)
    },
    attach: (link, remote) => {
      const attached = this.#attach(link, remote)
      // Whoever uses the link gets the failure; the status tells it too.
      attached.catch(() => undefined)
      this.#links.set(link, attached)
    },
    steer: async (link, how) => {
      const attached = await this.#links.get(link)?.catch(() => undefined)
      attached?.[how]()
    },
    attend: async (isVisible) => {
      if (this.#links.size > 0) (await this.#engine.sync()).attend(isVisible)
    },
    declare: (collections) => this.#engine.declare(collections),
    observe: (metrics) => {
      this.#isObserved = metrics
    },
  }

  #stage(stage: Ticket, ops: readonly WriteOp[]): StagedWrites {
    const staged = this.#staged.get(stage) ?? this.#engine.stage()
    this.#staged.set(stage, staged)
    staged.add(ops)
    return staged
  }

  async #commit(op: WriteOp, durability: Durability | undefined): Promise<string | ErrorJson> {
    try {
      return (await this.#engine.write([op], durability)).stamp
    } catch (error) {
      return asFixpointError(error).toJSON()
    }
  }

  async #attach(link: Ticket, sent: SentRemote): Promise<RemoteLink> {
    try {
      const [sync, remote] = [await this.#engine.sync(), await this.#page.openRemote(sent)]
      return sync.attach(remote, (status) => this.tell({ kind: "sync", link, status }))
    } catch (error) {
      const lastError = asFixpointError(error).toJSON()
      this.tell({ kind: "sync", link, status: { ...notAttached, lastError } })
      throw error
    }
  }

  #link(link: Ticket): Promise<RemoteLink> {
    const attached = this.#links.get(link)
    if (attached === undefined) throw new FixpointError("SYNC_OFF")
    return attached
  }

  #transaction(ticket: Ticket): Promise<EngineTransaction> {
    const transaction = this.#transactions.get(ticket)
    if (transaction === undefined) throw new FixpointError("CLOSED", "The transaction has ended.")
    return transaction
  }

  async #end(how: "close" | "destroy"): Promise<void> {
    for (const stop of this.#watches.values()) stop()
    this.#watches.clear()
    this.#staged.clear()
    await this.#engine[how]()
  }
}
