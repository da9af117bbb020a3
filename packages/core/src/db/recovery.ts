/**
 * A database whose storage was wiped, on its way back from a bucket. Owns: who has to wait meanwhile.
 * Invariant: nothing is shown of an empty database where data was: until a bucket has given what it has, calls wait for the
 * first attempt, and are then refused with what was lost. Where it cannot be told what an attempt has brought, those who wait are
 * told why, and the next attempt is the first. A note of the log says that this is so, as the way back may be cut.
 * Must not know buckets.
 */
import { asFixpointError, FixpointError } from "../base/errors.ts"
import type { Ledger } from "./ledger.ts"
import type { Writer } from "./writer.ts"

/** What a recovery works with. */
export interface RecoveryParts {
  readonly ledger: Ledger
  readonly writer: Writer
  readonly loss: FixpointError
  /** Told once it is done. */
  onDone(): void
}

/** A recovery under way. */
export class Recovery {
  readonly #parts: RecoveryParts
  readonly #waiting = new Set<{ resolve(): void; reject(error: FixpointError): void }>()
  #isTried = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Resolves when all is back; rejects with the loss after an attempt that has brought nothing. */
  async wait(): Promise<void> {
    const { ledger, loss } = this.#parts
    if (ledger.isRecovering && !this.#isTried)
      await new Promise<void>((resolve, reject) => this.#waiting.add({ resolve, reject }))
    if (ledger.isRecovering) throw loss
  }

  /** A bucket was asked; `isBack` says whether it had anything. */
  async attempted(isBack: () => Promise<boolean>): Promise<void> {
    const { ledger, onDone } = this.#parts
    const wasRecovering = ledger.isRecovering
    try {
      if ((await isBack()) && wasRecovering) await this.#note(false)
    } catch (thrown) {
      const error = asFixpointError(thrown)
      for (const { reject } of this.#waiting) reject(error)
      this.#waiting.clear()
      throw error
    }
    this.#isTried = true
    for (const { resolve } of this.#waiting) resolve()
    this.#waiting.clear()
    if (wasRecovering && !ledger.isRecovering) onDone()
  }

  /** Notes that it has begun, before anything is asked for. */
  begin(): Promise<void> {
    return this.#note(true)
  }

  #note(isRecovering: boolean): Promise<void> {
    const record = { note: { isRecovering } }
    return this.#parts.writer.run({ durability: "strict", prepare: async () => ({ result: undefined, record }) })
  }
}

/** The recovery of a database whose storage was wiped, or was on its way back when the engine ended; undefined otherwise. */
export async function beginRecovery(
  loss: FixpointError | undefined,
  parts: Omit<RecoveryParts, "loss">,
): Promise<Recovery | undefined> {
  if (loss === undefined && !parts.ledger.isRecovering) return undefined
  const recovery = new Recovery({ ...parts, loss: loss ?? new FixpointError("STORE_LOST") })
  if (loss !== undefined) await recovery.begin()
  return recovery
}
