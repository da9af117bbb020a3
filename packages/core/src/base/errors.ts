/**
 * The one error class. Owns: its shape, its JSON form, and the test for it.
 * Invariant: every failure that leaves the engine is a FixpointError, and survives postMessage and HTTP as JSON.
 * Must not know the sites that throw; what a code means stands in code-texts.ts.
 */
import { type Code, codes, type ErrorKind, notRetryable } from "./codes.ts"
import type { Json } from "./json.ts"

/** The kinds whose failures may pass when the same call is made again. */
const retryableKinds: ReadonlySet<ErrorKind> = new Set(["conflict", "unavailable"])

/** Facts about a failure: names, sizes, positions. Never a key, a credential or a document value. */
export type ErrorDetails = Readonly<Record<string, Json>>

/** The plain form of an error, as `toJSON` gives it. */
export interface ErrorJson {
  readonly name: "FixpointError"
  readonly code: Code
  readonly message: string
  readonly details: ErrorDetails
  readonly stack?: string
}

/** Every failure of Fixpoint. `code` says what happened, `kind` what the caller does next. */
export class FixpointError extends Error {
  override readonly name = "FixpointError"
  readonly code: Code
  readonly details: ErrorDetails

  constructor(code: Code, message?: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(
      message === undefined ? code : `${code}: ${message}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.details = options.details ?? {}
  }

  /** What the caller does next. */
  get kind(): ErrorKind {
    return codes[this.code]
  }

  /** Whether the same call may succeed when it is made again. */
  get retryable(): boolean {
    return retryableKinds.has(this.kind) && !notRetryable.includes(this.code)
  }

  /** The plain form; the cause stays behind, as it may hold anything. */
  toJSON(): ErrorJson {
    const { name, code, message, details, stack } = this
    return { name, code, message, details, ...(stack === undefined ? {} : { stack }) }
  }

  /** The error again from its plain form. An unknown code, as from a newer version, becomes INTERNAL. */
  static fromJSON(json: ErrorJson): FixpointError {
    const known = Object.hasOwn(codes, json.code)
    const error = new FixpointError(known ? json.code : "INTERNAL", undefined, { details: json.details })
    error.message = json.message
    if (json.stack !== undefined) error.stack = json.stack
    return error
  }
}

/** Whether `value` is a FixpointError, and of `code` when one is given. */
export function isFixpointError(value: unknown, code?: Code): value is FixpointError {
  return value instanceof FixpointError && (code === undefined || value.code === code)
}

/** Any thrown value as a FixpointError: itself, or INTERNAL with the value as its cause. */
export function asFixpointError(value: unknown): FixpointError {
  if (value instanceof FixpointError) return value
  const reason = value instanceof Error ? `${value.name}: ${value.message}` : String(value)
  return new FixpointError("INTERNAL", `Unexpected failure: ${reason}.`, { cause: value })
}

/** Stops the caller when an invariant does not hold. `rule` names the invariant. */
export function invariant(condition: boolean, rule: string, details?: ErrorDetails): asserts condition {
  if (!condition) throw new FixpointError("INTERNAL", `Invariant broken: ${rule}.`, details ? { details } : {})
}
