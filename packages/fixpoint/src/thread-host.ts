/**
 * The few effects that need no host: time, dice, settings, and giving the thread back between slices of work.
 * Must not know what they are for.
 */

/** Milliseconds since 1970. */
export const nowMs = (): number => Date.now()

/** Milliseconds since some fixed moment; never goes back. */
export const monotonicMs = (): number => performance.now()

/** A random integer of 39 bits: half of an id, with room to count up. */
export function randomBits39(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return (high & 127) * 2 ** 32 + low
}

interface Scheduler {
  postTask?(task: () => void): Promise<void>
  yield?(): Promise<void>
}

/**
 * Gives the thread back, so that all that waits comes before what follows: input and frames, and messages and timers too, which
 * `scheduler.yield()` would come before.
 */
export function yieldThread(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: Scheduler }
  return scheduler?.postTask?.(() => undefined) ?? scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve))
}

type Settings = Readonly<Record<string, string | undefined>>

/** A setting: of the environment, where there is one, else of localStorage. A page whose storage is forbidden has none. */
export function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Settings; versions?: Settings } }
  // Bundlers give pages an env as well, which knows nothing of this; Node's localStorage warns of itself when it is touched.
  const value = process?.env?.[name]
  if (value !== undefined || process?.versions?.["node"] !== undefined) return value
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}
