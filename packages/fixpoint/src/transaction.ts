/**
 * Transactions as applications write them. Owns: one run of a callback, and running it again when what it read has changed.
 * Invariant: nothing is stored unless the callback ends well; writes that nobody waits for belong to the commit too, and their
 * failure is the transaction's. Must not know how the engine tells that reads are stale.
 */
import { FixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal } from "./abort.ts"
import type { Client } from "./client.ts"
import { Collection } from "./collection.ts"
import type { AnyDocument } from "./document-types.ts"
import type { Ticket } from "./protocol.ts"
import type { Receipt, Scope, WriteOptions } from "./scope.ts"
import { refused } from "./where.ts"

/** How often a callback is run before CONFLICT. */
const runsMax = 16

/** A collection inside of a transaction. */
export type TransactionCollection<T> = Omit<Collection<T>, "changes">

/** A transaction inside of its callback. */
export interface Transaction<C> {
  /** The documents of any collection. */
  collection<N extends keyof C & string>(name: N): TransactionCollection<C[N]>
  collection<T = AnyDocument>(name: string): TransactionCollection<T>
  /** The documents of the declared collections. */
  readonly collections: { readonly [N in keyof C]: TransactionCollection<C[N]> }
}

/** What a transaction gives: what its callback gave, or the receipt of its commit when that was nothing. */
export type Outcome<R> = R extends undefined | void ? Receipt : R

type Body<C, R> = (tx: Transaction<C>) => R | Promise<R>

/** Runs `body` until it commits. */
export async function transact<C, R>(
  client: Client,
  names: readonly string[],
  body: Body<C, R>,
  options: WriteOptions,
): Promise<Outcome<R>> {
  if (typeof body !== "function") throw refused("transaction", "transaction takes a function.")
  for (let run = 0; run < runsMax; run++) {
    checkSignal(options.signal)
    const scope = new TransactionScope(client)
    try {
      const given = await abortable(Promise.resolve(body(transactionOf(scope, names))), options.signal)
      const receipt = await scope.commit(options)
      if (receipt !== undefined) return (given === undefined ? receipt : given) as Outcome<R>
    } catch (error) {
      scope.rollback()
      throw error
    }
  }
  throw new FixpointError("CONFLICT", "What it read was changed again and again.")
}

function transactionOf<C>(scope: Scope, names: readonly string[]): Transaction<C> {
  const collections: unknown = Object.fromEntries(names.map((name) => [name, new Collection(scope, name)]))
  return {
    collection: <T>(name: string) => new Collection<T>(scope, name),
    collections: collections as Transaction<C>["collections"],
  }
}

class TransactionScope implements Scope {
  readonly isTransaction = true
  readonly #client: Client
  readonly #ticket: Ticket
  readonly #ids: string[] = []
  #writes: Promise<unknown>[] = []
  #failure: { readonly error: unknown } | undefined
  #hasEnded = false

  constructor(client: Client) {
    this.#client = client
    this.#ticket = client.ticket()
    client.tell("begin", this.#ticket)
  }

  write: Scope["write"] = (prepare, { signal }) => {
    const write = abortable(this.#write(prepare), signal)
    // A caller that does not wait must not cause an unhandled rejection: the commit fails for it.
    this.#writes.push(
      write.catch((error: unknown) => {
        this.#failure ??= { error }
      }),
    )
    return write
  }

  get: Scope["get"] = async (collection, ids, { signal }) => {
    await this.#settled()
    return await abortable(this.#client.call("get", collection, ids, this.#ticket), signal)
  }

  query: Scope["query"] = async (spec, { signal }) => {
    await this.#settled()
    return await abortable(this.#client.call("query", spec, this.#ticket), signal)
  }

  readonly outside: Scope["outside"] = {
    call: async () => refuseInside(),
    watch: () => refuseInside(),
    report: () => undefined,
  }

  /** Commits; gives undefined when what was read has changed. */
  async commit({ durability, signal }: WriteOptions): Promise<Receipt | undefined> {
    await this.#settled()
    if (this.#failure !== undefined) throw this.#failure.error
    this.#hasEnded = true
    const stamp = await abortable(this.#client.call("commit", this.#ticket, durability), signal)
    return stamp === undefined ? undefined : { ids: this.#ids, stamp }
  }

  rollback(): void {
    if (!this.#hasEnded) this.#client.tell("rollback", this.#ticket)
    this.#hasEnded = true
  }

  async #write(prepare: Parameters<Scope["write"]>[0]): Promise<Receipt> {
    if (this.#hasEnded) throw ended()
    const ids: string[] = []
    const waiting: Promise<unknown>[] = []
    const transaction = this.#ticket
    const rest = prepare((ops) => {
      ids.push(...ops.map(({ id }) => id))
      waiting.push(this.#client.call("write", ops, undefined, { transaction }))
    })
    const ops = rest instanceof Promise ? await rest : rest
    ids.push(...ops.map(({ id }) => id))
    this.#ids.push(...ids)
    await Promise.all([...waiting, this.#client.call("write", ops, undefined, { transaction })])
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
  throw refused("transaction", "count, explain and watch are not for the inside of a transaction.")
}
