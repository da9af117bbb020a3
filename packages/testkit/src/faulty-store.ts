/**
 * A store that fails on purpose. Owns: which kinds of failure there are, and what each leaves behind.
 * Invariant: a failure is one that a real store has: with a code of the contract, before the effect or after it, so that
 * the caller cannot know which.
 */
import type { Store, StoreChange } from "@fixpoint/core"
import { type Code, FixpointError } from "@fixpoint/core/errors"
import { type StoreCall, wrapStore } from "./wrapped-store.ts"

/** A failure of one call. */
export interface StoreFault {
  readonly code: Code
  /** Whether the call has its effect all the same, and only its answer is lost. */
  readonly isApplied: boolean
}

/** The failure of a call; undefined lets it pass. It may wait, as a slow store or a sleeping tab does. */
export type FaultPlan = (call: StoreCall) => StoreFault | undefined | Promise<StoreFault | undefined>

/** A full disk: the change is not stored. */
export const quotaFault: StoreFault = { code: "QUOTA", isApplied: false }

/** No answer in time, and nothing stored. */
export const timeoutFault: StoreFault = { code: "STORE_TIMEOUT", isApplied: false }

/** No answer in time, though the change was stored. */
export const lostAnswerFault: StoreFault = { code: "STORE_TIMEOUT", isApplied: true }

/** A store whose calls fail as planned. */
export function faultyStore(store: Store, plan: FaultPlan): Store {
  return wrapStore(store, async (call, run) => {
    const fault = await plan(call)
    if (fault === undefined) return await run()
    if (fault.isApplied) await run()
    throw new FixpointError(fault.code, "This failure was planned by a test.")
  })
}

/** A plan that fails one commit, the `nth` counted from 1; a barrier is a commit too. */
export function failNthCommit(nth: number, fault: StoreFault): FaultPlan {
  let commits = 0
  return ({ name }) => (name === "commit" && ++commits === nth ? fault : undefined)
}

/** The change of a commit. */
export function changeOf({ name, parameters }: StoreCall): StoreChange | undefined {
  return name === "commit" ? (parameters[0] as StoreChange) : undefined
}
