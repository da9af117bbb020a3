/**
 * What IndexedDB's failures mean. Owns: the way from a platform's name and words to a code.
 * Invariant: damage never passes for absence: where a failure may be either, it is STORE_UNREADABLE, as a caller may go on
 * without its data after STORE_UNAVAILABLE. Must not know connections, transactions or who asked.
 */
import type { Code } from "../base/codes.ts"
import { asFixpointError, FixpointError } from "../base/errors.ts"

/** What was being done. The same words mean another thing at open than in a write. */
export type IdbPhase = "open" | "read" | "write"

/** WebKit's storage process ended, a handle went stale, or WebKit lost track of a transaction that is alive. */
const lostWords = /server lost|connection (is|was) clos|connection to .* lost|without an in-progress transaction/i
const fullWords = /full disk|disk (is )?full|no space|quota/i
const damageWords = /corrupt|checksum|backing store|seek failure|database file|malformed|large indexeddb value/i

/** Names that mean one thing in every phase. */
const byName: Readonly<Record<string, Code>> = {
  QuotaExceededError: "QUOTA",
  VersionError: "STORE_NEWER",
  TimeoutError: "STORE_TIMEOUT",
  SecurityError: "STORE_UNAVAILABLE",
  NotAllowedError: "STORE_UNAVAILABLE",
  DataCloneError: "STORE_UNAVAILABLE",
}

/** Names of a transaction or a handle that ended without being asked to. */
const endedNames: ReadonlySet<string> = new Set(["AbortError", "InvalidStateError", "TransactionInactiveError"])

/** Names that say no more than that it did not work. */
const vagueNames: ReadonlySet<string> = new Set(["UnknownError", "DataError", "NotReadableError", "OperationError"])

function codeOf(name: string, message: string, phase: IdbPhase): Code | undefined {
  if (lostWords.test(message)) return "STORE_SERVER_LOST"
  if (fullWords.test(message)) return "QUOTA"
  if (damageWords.test(message)) return "STORE_UNREADABLE"
  if (Object.hasOwn(byName, name)) return byName[name]
  if (name === "NotFoundError") return phase === "open" ? "STORE_UNAVAILABLE" : "STORE_TORN"
  if (endedNames.has(name)) return phase === "open" ? "STORE_UNAVAILABLE" : "STORE_SERVER_LOST"
  if (vagueNames.has(name)) return phase === "write" ? "STORE_UNAVAILABLE" : "STORE_UNREADABLE"
  return phase === "open" ? "STORE_UNAVAILABLE" : undefined
}

/** The coded form of a failure. `null`, with which WebKit aborts a write that finds the disk full, is a failure too. */
export function storeError(thrown: unknown, phase: IdbPhase): FixpointError {
  if (thrown instanceof FixpointError) return thrown
  if (thrown === null || thrown === undefined) {
    const details = { reason: "The transaction ended without a reason." }
    return new FixpointError(phase === "write" ? "QUOTA" : "STORE_SERVER_LOST", undefined, { details })
  }
  const { name = "", message = "" } = thrown as Partial<Error>
  const code = codeOf(name, message, phase)
  if (code === undefined) return asFixpointError(thrown)
  return new FixpointError(code, undefined, { details: { reason: `${name}: ${message}` }, cause: thrown })
}
