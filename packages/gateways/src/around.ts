/**
 * A gateway around a gateway. Owns: the one place through which every call of a wrapped gateway goes.
 */
import type { Gateway } from "@fixpoint/core/gateway"
import { aborted, checkSignal } from "./admit.ts"
import type { Host } from "@fixpoint/core"

/** The verbs of a gateway. */
export type Verb = Exclude<keyof Gateway, "name" | "description">

/** Does a call, once, again or not at all. */
export type Around = <T>(verb: Verb, signal: AbortSignal | undefined, run: () => Promise<T>) => Promise<T>

/** A gateway whose every call goes through `around`. */
export function wrapVerbs(gateway: Gateway, around: Around): Gateway {
  return {
    name: gateway.name,
    capabilities: (options) => around("capabilities", options?.signal, () => gateway.capabilities(options)),
    get: (key, options) => around("get", options?.signal, () => gateway.get(key, options)),
    put: (key, body, options) => around("put", options?.signal, () => gateway.put(key, body, options)),
    list: (prefix, options) => around("list", options?.signal, () => gateway.list(prefix, options)),
    delete: (key, options) => around("delete", options?.signal, () => gateway.delete(key, options)),
  }
}

/** Waits, until the signal fires at the latest, which is an error. */
export async function sleep(
  { timers }: Pick<Host, "timers">,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  checkSignal(signal)
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      cancel()
      reject(aborted(signal as AbortSignal))
    }
    const cancel = timers.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort)
      resolve()
    })
    signal?.addEventListener("abort", onAbort, { once: true })
  })
}
