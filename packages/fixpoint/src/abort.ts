/** AbortSignal at the door of every call that waits. Owns: how an abort is told. */
import { FixpointError } from "@fixpoint/core/errors"

/** Throws ABORTED when the caller has given up already. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

/** The promise, or ABORTED as soon as the signal says so. What is under way goes on unobserved. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted(signal))
    if (signal.aborted) stop()
    signal.addEventListener("abort", stop)
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop))
  })
}

const aborted = ({ reason }: AbortSignal) =>
  new FixpointError("ABORTED", "The signal ended the call.", { cause: reason })
