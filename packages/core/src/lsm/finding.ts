/**
 * What a check finds. Owns: the form of a finding, and which failures are one.
 * Invariant: a finding names a place, never content. Must not know what is checked.
 */
import type { Code } from "../base/codes.ts"
import { asFixpointError } from "../base/errors.ts"

/** One thing that is wrong. `where` names the place without any content. */
export interface Finding {
  readonly code: Code
  readonly where: string
  readonly message: string
}

/** A failure as a finding. One that says nothing of what is stored (a closed or busy store) is thrown again. */
export function findingOf(where: string, failure: unknown): Finding {
  const error = asFixpointError(failure)
  const isPassing = error.kind === "closed" || error.kind === "quota" || error.retryable
  if (isPassing) throw error
  return { code: error.code, where, message: error.message }
}

/** The result of some work; undefined, and a finding more, when it fails. */
export async function attempt<T>(findings: Finding[], where: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (failure) {
    findings.push(findingOf(where, failure))
    return undefined
  }
}
