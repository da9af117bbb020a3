/**
 * A gateway that makes few calls at once. Owns: the line of those that wait.
 * Invariant: calls begin in the order in which they were made; one that is given up leaves the line.
 */
import type { Gateway } from "@fixpoint/core/gateway"
import { aborted, checkSignal } from "./admit.ts"
import { wrapVerbs } from "./around.ts"

/** Makes at most `callsMax` calls at once. */
export function limited(gateway: Gateway, callsMax: number): Gateway {
  let running = 0
  const line: (() => void)[] = []
  const enter = async (signal: AbortSignal | undefined) => {
    checkSignal(signal)
    if (running < callsMax) return void running++
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        line.splice(line.indexOf(begin), 1)
        reject(aborted(signal as AbortSignal))
      }
      const begin = () => {
        signal?.removeEventListener("abort", onAbort)
        resolve()
      }
      signal?.addEventListener("abort", onAbort, { once: true })
      line.push(begin)
    })
  }
  const leave = () => {
    // Whoever is next takes the place, which is not free in between.
    const next = line.shift()
    if (next === undefined) running--
    else next()
  }
  return wrapVerbs(gateway, async (_, signal, run) => {
    await enter(signal)
    try {
      return await run()
    } finally {
      leave()
    }
  })
}
