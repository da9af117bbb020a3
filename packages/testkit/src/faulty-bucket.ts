/**
 * A bucket that fails on purpose, for any number of devices. Owns: which kinds of failure there are, and what each leaves behind.
 * Invariant: a failure is one that a real bucket or network has, with a code of the contract. What a failure has put off happens
 * when later calls are made, by their number and not by time, so that a seed replays it.
 */
import type { Gateway, GetResult, ListedObject, ListResult } from "@fixpoint/core"
import { type Code, FixpointError } from "@fixpoint/core/errors"
import { type GatewayCall, type Verb, wrapGateway } from "./wrapped-gateway.ts"

/** What goes wrong with one call. */
export type BucketFault =
  /** The call has no effect. */
  | { readonly kind: "refused"; readonly code: Code }
  /** The call has its effect, and its answer is lost. */
  | { readonly kind: "lost"; readonly code: Code }
  /** The answer is lost, and a PUT or DELETE takes effect only `calls` calls of the bucket later. */
  | { readonly kind: "late"; readonly code: Code; readonly calls: number }
  /** A PUT or DELETE takes effect, and once more `calls` calls later. */
  | { readonly kind: "twice"; readonly calls: number }
  /** A LIST shows the bucket as it was `calls` calls ago. Other calls pass. */
  | { readonly kind: "stale"; readonly calls: number }
  /** A GET gives other bytes than were put. Other calls pass. */
  | { readonly kind: "damaged"; readonly damage: (body: Uint8Array) => Uint8Array }
  /** Somebody else answers, as the portal of a network does: a GET finds a page of theirs, and any other call fails. */
  | { readonly kind: "page" }

/** The fault of a call; undefined lets it pass. It may wait, as a slow network does. */
export type BucketFaultPlan = (
  call: GatewayCall,
  device: string,
) => BucketFault | undefined | Promise<BucketFault | undefined>

interface Effect {
  readonly atCall: number
  readonly run: () => Promise<unknown>
}

/** What a LIST saw of one key before the call of that number changed it. */
interface Change {
  readonly atCall: number
  readonly key: string
  readonly before: ListedObject | undefined
}

/** A failure that was planned. */
const planned = (code: Code) => new FixpointError(code, "This failure was planned by a test.")

/** One bucket, seen by devices whose calls go wrong as planned. */
export class FaultyBucket {
  readonly #inner: Gateway
  readonly #plan: BucketFaultPlan
  readonly #changes: Change[] = []
  #waiting: Effect[] = []
  #callCount = 0

  /** `inner` should be a gateway in memory: its effects are at once. */
  constructor(inner: Gateway, plan: BucketFaultPlan) {
    this.#inner = inner
    this.#plan = plan
  }

  /** The bucket as a device sees it. */
  gateway(device: string): Gateway {
    return wrapGateway(this.#inner, (call, run) => this.#call(call, run, device))
  }

  /** Lets all that was put off happen. */
  async settle(): Promise<void> {
    await this.#deliver(Number.POSITIVE_INFINITY)
  }

  async #call(call: GatewayCall, run: () => Promise<unknown>, device: string): Promise<unknown> {
    const fault = await this.#plan(call, device)
    this.#callCount++
    await this.#deliver(this.#callCount)
    const effect = async () => {
      await this.#remember(call)
      return await run()
    }
    if (fault?.kind === "refused") throw planned(fault.code)
    if (fault?.kind === "page") return pageFor(call)
    if (fault?.kind === "late") {
      if (isWrite(call.name)) this.#later(fault.calls, effect)
      throw planned(fault.code)
    }
    const answer = await effect()
    if (fault?.kind === "lost") throw planned(fault.code)
    if (fault?.kind === "twice" && isWrite(call.name)) this.#later(fault.calls, effect)
    if (fault?.kind === "stale" && call.name === "list") return this.#stale(call, answer as ListResult, fault.calls)
    if (fault?.kind === "damaged" && call.name === "get") return damaged(answer as GetResult, fault.damage)
    return answer
  }

  #later(calls: number, run: () => Promise<unknown>): void {
    this.#waiting.push({ atCall: this.#callCount + calls, run })
  }

  async #deliver(throughCall: number): Promise<void> {
    const due = this.#waiting.filter(({ atCall }) => atCall <= throughCall)
    this.#waiting = this.#waiting.filter(({ atCall }) => atCall > throughCall)
    for (const { run } of due) await run()
  }

  /** Keeps what a LIST showed of a key that is about to change. */
  async #remember({ name, parameters }: GatewayCall): Promise<void> {
    const [key] = parameters
    if (!isWrite(name) || typeof key !== "string") return
    const { keys } = await this.#inner.list(key, { limit: 1 })
    const before = keys.find((listed) => listed.key === key)
    this.#changes.push({ atCall: this.#callCount, key, before })
  }

  /** A page as it was some calls ago: what has changed since is put back. */
  #stale({ parameters: [prefix, options] }: GatewayCall, page: ListResult, calls: number): ListResult {
    const { after = "" } = (options ?? {}) as { readonly after?: string }
    const shown = new Map(page.keys.map((listed) => [listed.key, listed]))
    for (const { atCall, key, before } of this.#changes.toReversed()) {
      if (atCall <= this.#callCount - calls) break
      const isOnPage = key.startsWith(prefix as string) && key > after && key <= (page.next ?? "\uffff")
      if (before === undefined) shown.delete(key)
      else if (isOnPage) shown.set(key, before)
    }
    const keys = [...shown.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    return { ...page, keys }
  }
}

const page = new TextEncoder().encode("<!doctype html><title>Welcome</title>")

function pageFor({ name }: GatewayCall): GetResult {
  if (name !== "get") throw planned("REMOTE_INTERCEPTED")
  return { kind: "found", body: page.slice(), etag: "page" }
}

const isWrite = (name: Verb) => name === "put" || name === "delete"

function damaged(result: GetResult, damage: (body: Uint8Array) => Uint8Array): GetResult {
  return result.kind === "found" ? { ...result, body: damage(result.body.slice()) } : result
}
