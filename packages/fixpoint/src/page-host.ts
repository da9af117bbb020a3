/**
 * The effects of what a page loads at once: they are apart from those that only its later code needs (thread-host.ts), which would
 * come along as a file more. Must not know what they are for.
 */

/** Milliseconds since some fixed moment; never goes back. */
export const elapsedMs = (): number => performance.now()

/** Lets the platform open the files of its storage while a worker starts: it is asked what there is, and nothing is made. */
export function warmStorage(): void {
  const ask = async () => await indexedDB.databases()
  // A platform that refuses, or cannot tell, is found out by the worker.
  ask().catch(() => undefined)
}
