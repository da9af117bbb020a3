/**
 * What gateways to the web need of their platform. Owns: the only code of this package that touches clock, timers, random, crypto
 * and fetch. Invariant: nothing is touched before it is used.
 */
import type { Host } from "@fixpoint/core"

/** The effects of a gateway to the web. */
export interface WebEffects extends Pick<Host, "clock" | "timers" | "random"> {
  readonly crypto: Pick<SubtleCrypto, "digest" | "importKey" | "sign">
  /** The platform's own: given the signal beside the address, as a signal inside of a Request is lost to a garbage collection. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Whether the platform asks a server before it sends it headers of ours, which takes as long as the request itself. */
  asksFirst(url: string): boolean
  /** Whether somebody answers there whose answers this page may not read. False where there are no such rules. */
  isForbidden(url: string): Promise<boolean>
}

/** Pages and their workers have rules about other origins; processes have none. */
const origin = (): string | undefined => (globalThis as { readonly location?: Location }).location?.origin

const isElsewhere = (url: string): boolean => origin() !== undefined && origin() !== new URL(url).origin

/**
 * Chromium keeps a copy of what is sent until its collector runs, and counts only what scripts hold. For each larger one some memory
 * is held, untouched, and let go with the next: that counts.
 */
const largeBytes = 256 * 1024

/** The web as pages, workers and processes see it. */
export function webEffects(): WebEffects {
  const held: { ballast?: ArrayBuffer } = {}
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      },
    },
    random: (byteCount) => crypto.getRandomValues(new Uint8Array(byteCount)),
    get crypto() {
      return crypto.subtle
    },
    fetch(url, init) {
      // Runtimes without an origin know fewer options, and some refuse what they do not know.
      if (origin() === undefined) return fetch(url, init)
      if (init.body instanceof Uint8Array && init.body.length > largeBytes)
        held.ballast = new ArrayBuffer(3 * init.body.length)
      return fetch(url, { ...init, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" })
    },
    asksFirst: isElsewhere,
    async isForbidden(url) {
      if (!isElsewhere(url)) return false
      try {
        await fetch(`${new URL(url).origin}/`, {
          mode: "no-cors",
          cache: "no-store",
          credentials: "omit",
          referrerPolicy: "no-referrer",
        })
        return true
      } catch {
        return false
      }
    },
  }
}
