/**
 * One transaction from its callback to its commit. Owns: the runs of the callback.
 * Invariant: nothing is stored unless the callback ends well; writes that nobody waits for belong to the commit too, and their
 * failure is the transaction's. Must not know how the engine tells that reads are stale.
 */
import { FixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal } from "./abort.ts"
import type { Client } from "./client.ts"
import type { Lane } from "./lane.ts"
import { Operations } from "./operations.ts"
import type { Ticket } from "./protocol.ts"
import { checkDurability, refused } from "./refused.ts"
import type { Outcome, Receipt, Scope, WriteOptions } from "./scope.ts"

/** How often a callback is run before CONFLICT. */
const runsMax = 16

/** What a transaction leads to. */
export interface TransactionEnd {
  readonly client: Client
  readonly database: Lane
}

/** Runs `body` with what `make` makes of a scope, until it commits. */
export async function transact<Tx, R>(
  { client, database }: TransactionEnd,
  make: (scope: Scope) => Tx,
  body: (tx: Tx) => R | Promise<R>,
  options: WriteOptions,
): Promise<Outcome<R>> {
  checkDurability(options.durability)
  for (let run = 0; run < runsMax; run++) {
    checkSignal(options.signal)
    const lane = new TransactionLane(client, database)
    try {
      const given = await abortable(Promise.resolve(body(make(scopeOf(lane)))), options.signal)
      const receipt = await lane.commit(options)
      if (receipt !== undefined) return (given === undefined ? receipt : given) as Outcome<R>
    } catch (error) {
      lane.rollback()
      throw error
    }
  }
  throw new FixpointError("CONFLICT", "What it read was changed again and again.")
}

function scopeOf(lane: Lane): Scope {
  const operations = new Operations(lane, () => undefined)
  const ask = (method: "put", ...args: Parameters<Operations["put"]>) => operations[method](...args)
  return { ask: ask as Scope["ask"], watch: () => refuseInside() }
}

class TransactionLane implements Lane {
  readonly isTransaction = true
  readonly durability = undefined
  readonly database: Lane
  readonly #client: Client
  readonly #ticket: Ticket
  readonly #ids: string[] = []
  readonly #afterwards: (() => void)[] = []
  #writes: Promise<unknown>[] = []
  #failure: { readonly error: unknown } | undefined
  #hasEnded = false

  constructor(client: Client, database: Lane) {
    this.#client = client
    this.database = database
    this.#ticket = client.ticket()
    client.tell("begin", this.#ticket)
  }

  write: Lane["write"] = (prepare, { signal }) => {
    const write = abortable(this.#write(prepare), signal)
    // A caller that does not wait must not cause an unhandled rejection: the commit fails for it.
    this.#writes.push(
      write.catch((error: unknown) => {
        this.#failure ??= { error }
      }),
    )
    return write
  }

  whenStored: Lane["whenStored"] = (write, then) => {
    // A failed one is its caller's, and the commit's.
    write.catch(() => undefined)
    this.#afterwards.push(then)
  }

  read: Lane["read"] = async (collection, ids, { signal }) => {
    await this.#settled()
    return await abortable(this.#client.call("get", collection, ids, this.#ticket), signal)
  }

  get: Lane["get"] = (...args) => this.read(...args)

  query: Lane["query"] = async (spec, { signal }) => {
    await this.#settled()
    return await abortable(this.#client.call("query", spec, this.#ticket), signal)
  }

  outside: Lane["outside"] = async () => refuseInside()

  join: Lane["join"] = () => refuseInside()

  mount: Lane["mount"] = () => refuseInside()

  report: Lane["report"] = () => undefined

  /** Commits; gives undefined when what was read has changed. */
  async commit({ durability, signal }: WriteOptions): Promise<Receipt | undefined> {
    await this.#settled()
    if (this.#failure !== undefined) throw this.#failure.error
    this.#hasEnded = true
    const committing = this.#client.call("commit", this.#ticket, durability)
    committing.catch(() => undefined).finally(() => this.#done())
    const stamp = await abortable(committing, signal)
    return stamp === undefined ? undefined : { ids: this.#ids, stamp }
  }

  rollback(): void {
    if (this.#hasEnded) return
    this.#client.tell("rollback", this.#ticket)
    this.#hasEnded = true
    this.#done()
  }

  #done(): void {
    for (const then of this.#afterwards.splice(0)) then()
  }

  async #write(prepare: Parameters<Lane["write"]>[0]): Promise<Receipt> {
    if (this.#hasEnded) throw ended()
    const ids: string[] = []
    const waiting: Promise<unknown>[] = []
    const send = (ops: Parameters<Parameters<typeof prepare>[0]>[0]) => {
      for (const { id } of ops) ids.push(id)
      waiting.push(this.#client.write(this.#ticket, ops))
    }
    const rest = prepare(send)
    send(rest instanceof Promise ? await rest : rest)
    this.#ids.push(...ids)
    await Promise.all(waiting)
    return { ids, stamp: "" }
  }

  /** Writes come before what reads them, whether the callback waits for them or not. */
  async #settled(): Promise<void> {
    while (this.#writes.length > 0) await Promise.all(this.#writes.splice(0))
    if (this.#hasEnded) throw ended()
  }
}

const ended = () => new FixpointError("CLOSED", "The transaction has ended.")

function refuseInside(): never {
  throw refused("transaction", "explain, live queries and texts are not for the inside of a transaction.")
}
