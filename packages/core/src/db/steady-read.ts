/**
 * Reads that another tab has overtaken. Owns: when a read is made again.
 * A tab that is behind can meet segments that were flushed and merged past what it has applied: its moment is gone, or a row
 * names an actor of a record that it has not seen. It looks at the log, and reads again.
 * Invariant: a failure that catching up does not cure reaches the caller. Must not know what is read.
 */
import { isFixpointError } from "../base/errors.ts"

const attemptsMax = 4

/** Whether a read has met rows of a later moment than this engine's. */
export function isOvertaken(error: unknown): boolean {
  return isFixpointError(error, "CONFLICT") || (isFixpointError(error, "BLOCK_CORRUPT") && "actor" in error.details)
}

/** What `read` gives, once it is not overtaken any more. */
export async function readSteadily<T>(read: () => Promise<T>, catchUp: () => Promise<void>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read()
    } catch (error) {
      if (attempt >= attemptsMax || !isOvertaken(error)) throw error
    }
    await catchUp()
  }
}
