/**
 * What every gateway checks of its calls before they have an effect, beside keys. Owns: bodies, pages, ranges, signals.
 * Must not know any gateway.
 */
import { FixpointError } from "@fixpoint/core/errors"
import { checkObjectPrefix, type GetOptions, listKeysMax, objectBytesMax } from "@fixpoint/core/gateway"

/** Stops the caller when the signal has fired. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

/** The error of a call whose signal has fired. */
export function aborted(signal: AbortSignal): FixpointError {
  return new FixpointError("ABORTED", undefined, { cause: signal.reason })
}

/** Stops the caller when an object would be too large. */
export function checkBody(body: Uint8Array): void {
  if (body.length > objectBytesMax) throw tooLarge()
}

/** The error of an object that is too large. */
export function tooLarge(): FixpointError {
  return new FixpointError("LIMIT_SIZE", "An object of a bucket is too large.", { details: { max: objectBytesMax } })
}

/** The bounds of a page of a list, with their defaults. */
export function checkPage(after = "", limit: number = listKeysMax): { readonly after: string; readonly limit: number } {
  checkObjectPrefix(after)
  if (!Number.isInteger(limit) || limit < 1 || limit > listKeysMax)
    throw new FixpointError("INVALID_ARGUMENT", "A page of a list has 1 to 1000 keys.", { details: { path: "limit" } })
  return { after, limit }
}

/** Stops the caller unless the range is one of bytes. */
export function checkRange(range: GetOptions["range"]): void {
  if (range === undefined) return
  const [start, end] = range
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start < end) return
  throw new FixpointError("INVALID_ARGUMENT", "A range goes from a byte to a later one.", {
    details: { path: "range" },
  })
}

/** The part of a whole object that was asked for. */
export function sliceOf(body: Uint8Array, range: GetOptions["range"]): Uint8Array {
  checkRange(range)
  return range === undefined ? body : body.subarray(...range)
}
