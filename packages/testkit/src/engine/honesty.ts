/**
 * What callers of simulated engines may be told. Owns: the codes that are honest where so much may go wrong, and the first
 * failure that is a fault. Must not know what was called.
 */
import { asFixpointError, type Code } from "@fixpoint/core/errors"
import { Violation } from "../sync/published.ts"

/** What a user may be told; anything else is a fault of the engine. */
const honestCodes: ReadonlySet<Code> = new Set<Code>([
  "ALREADY_EXISTS",
  "NOT_FOUND",
  "CLOSED",
  "SYNC_OFF",
  "STORE_LOST",
  "STORE_ROLLED_BACK",
  "STORE_TIMEOUT",
  "STORE_UNAVAILABLE",
  "QUOTA",
  // Another tab was faster, eight times in a row.
  "CONFLICT",
  "REMOTE_UNAVAILABLE",
  "REMOTE_TIMEOUT",
  "REMOTE_INTERCEPTED",
  "REMOTE_THROTTLED",
  "REMOTE_AUTH_EXPIRED",
])

/** What a round may fail with besides, where bytes are damaged on their way. */
const damageCodes: ReadonlySet<Code> = new Set<Code>(["BLOCK_CORRUPT", "BLOCK_MISPLACED", "FORMAT_TOO_NEW"])

/** And where the bucket has lost what was in it. */
const lossCodes: ReadonlySet<Code> = new Set<Code>(["REMOTE_LOST", "REMOTE_GAP"])

/** What a world may do to callers. */
export interface Excuses {
  /** Whether bytes are damaged on their way. */
  readonly damages: boolean
  /** Whether the bucket has lost anything that was put into it. */
  readonly hasLostObjects: boolean
  count(what: string): void
}

/** The judge of all failures of a simulation. */
export class Honesty {
  readonly #excuses: Excuses
  /** The first failure that nothing excuses. */
  violation: Violation | undefined

  constructor(excuses: Excuses) {
    this.#excuses = excuses
  }

  /** The code of a failure. */
  codeOf(error: unknown): Code {
    if (error instanceof Violation) {
      this.violation ??= error
      return "INTERNAL"
    }
    const { code } = asFixpointError(error)
    const { damages, hasLostObjects } = this.#excuses
    this.#excuses.count(`told ${code}`)
    const isExcused = (damageCodes.has(code) && damages) || (lossCodes.has(code) && hasLostObjects)
    if (!honestCodes.has(code) && !isExcused)
      this.violation ??= new Violation(`O15: a call fails with ${code}`, { cause: error })
    return code
  }

  /** Takes a call that nobody waits for. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => void this.codeOf(error))
  }
}
