/**
 * Hooks for those who measure and trace. Owns: when they are called: once at the start of a call, and once at its end.
 * Invariant: what a hook does or throws changes nothing of the call; its failure is the thread's, as that of any callback. Must not
 * know what is measured.
 */
import { elapsedMs } from "./page-host.ts"

/** One call of the application: the same object in all its hooks, so that a span can be found by it. */
export interface Operation {
  /** The method that was called: "put", "all", "transaction". */
  readonly method: string
  /** The collection it is about; undefined where it is about the database. */
  readonly collection: string | undefined
}

/** What is told of every call. A call within a transaction is part of that one. */
export interface Hooks {
  onStart?(op: Operation): void
  /** After `ms` milliseconds, with what the call gives to the application. */
  onEnd?(op: Operation, ms: number, result: unknown): void
  onError?(op: Operation, error: unknown): void
}

/** Does the work of a call, and tells of it. */
export async function hooked<R>(hooks: Hooks, op: Operation, work: () => Promise<R>): Promise<R> {
  tell(() => hooks.onStart?.(op))
  const started = elapsedMs()
  try {
    const result = await work()
    tell(() => hooks.onEnd?.(op, elapsedMs() - started, result))
    return result
  } catch (error) {
    tell(() => hooks.onError?.(op, error))
    throw error
  }
}

function tell(hook: () => void): void {
  try {
    hook()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
