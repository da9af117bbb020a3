/** The lane of a handle. Owns: the way of a write to the engine, in one message or in stages. */
import type { WriteOp } from "@fixpoint/core"
import { asFixpointError } from "@fixpoint/core/errors"
import { abortable, checkSignal } from "./abort.ts"
import type { Client } from "./client.ts"
import type { Lane } from "./lane.ts"
import type { Ticket } from "./protocol.ts"
import { checkDurability } from "./refused.ts"
import type { Durability } from "./scope.ts"

/** What a lane leads to. */
export interface LaneEnd extends Pick<Lane, "mount" | "join"> {
  readonly client: Client
  report(error: ReturnType<typeof asFixpointError>): void
}

/** Reads and writes of a database, for a handle whose writes are as sure as `durability` says. */
export class DatabaseLane implements Lane {
  readonly isTransaction = false
  readonly database: Lane = this
  readonly #end: LaneEnd
  readonly durability: Durability | undefined

  constructor(end: LaneEnd, durability: Durability | undefined) {
    this.#end = end
    this.durability = durability
  }

  write: Lane["write"] = async (prepare, { durability = this.durability, signal }) => {
    checkSignal(signal)
    const { client } = this.#end
    const ids: string[] = []
    const of: { stage?: Ticket } = {}
    const named = (ops: readonly WriteOp[]) => {
      for (const { id } of ops) ids.push(id)
      return ops
    }
    try {
      const rest = prepare((ops) => client.tell("stage", (of.stage ??= client.ticket()), named(ops)))
      // Awaited only where it must be: what one tick writes is to leave as one message.
      const ops = named(rest instanceof Promise ? await rest : rest)
      checkDurability(durability)
      const [only] = ops
      const isSingle = only !== undefined && ops.length === 1 && of.stage === undefined
      const writing = isSingle ? client.commit(only, durability) : client.call("write", ops, durability, of)
      const stamp = await abortable(writing, signal)
      return { ids, stamp }
    } catch (error) {
      if (of.stage !== undefined) client.tell("unstage", of.stage)
      throw error
    }
  }

  whenStored: Lane["whenStored"] = (write, then) => void write.then(then, then)

  get: Lane["get"] = async (collection, ids, { signal }) => {
    checkSignal(signal)
    return await abortable(this.#end.client.get(collection, ids), signal)
  }

  read: Lane["read"] = async (collection, ids, { signal }) => {
    checkSignal(signal)
    return await abortable(this.#end.client.read(collection, ids), signal)
  }

  query: Lane["query"] = async (spec, { signal }) => {
    checkSignal(signal)
    return await abortable(this.#end.client.call("query", spec, undefined), signal)
  }

  outside: Lane["outside"] = async (method, args, { signal }) => {
    checkSignal(signal)
    return await abortable(this.#end.client.call(method, ...args), signal)
  }

  join: Lane["join"] = (listener) => this.#end.join(listener)

  mount: Lane["mount"] = (spec, listener) => this.#end.mount(spec, listener)

  report: Lane["report"] = (error) => this.#end.report(asFixpointError(error))
}
