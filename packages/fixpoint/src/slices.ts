/**
 * Long work in slices, so that the page stays responsive. Owns: how long a slice may hold the thread.
 * Invariant: work that fits one slice is done without a pause, in the turn of its caller.
 */
import { checkSignal } from "./abort.ts"
import { monotonicMs, yieldThread } from "./thread-host.ts"

/** A frame has 16 ms; half of it may be ours, and what else happens in our turn needs its share of that. */
const sliceMs = 3

/** Items between two looks at the clock. */
const stride = 16

/** Maps all items; calls `pause` with what one slice has given, whenever the thread is given back. */
export async function mapInSlices<T, R>(
  items: readonly T[],
  map: (item: T, index: number) => R,
  { signal, pause }: { readonly signal?: AbortSignal | undefined; readonly pause?: (slice: R[]) => void } = {},
): Promise<R[]> {
  let done: R[] = []
  let began = monotonicMs()
  for (let i = 0; i < items.length; i++) {
    done.push(map(items[i] as T, i))
    if (i % stride !== stride - 1 || monotonicMs() - began < sliceMs) continue
    if (pause !== undefined) {
      pause(done)
      done = []
    }
    await yieldThread()
    checkSignal(signal)
    began = monotonicMs()
  }
  return done
}
