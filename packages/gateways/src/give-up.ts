/**
 * Work that is not waited for any longer than it should be. Owns: the race between work and whoever gives it up: the caller's signal,
 * or time. Invariant: the caller gets an answer soon after either, whatever the work does; nothing is left listening.
 */
import type { Host } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { aborted, checkSignal } from "./admit.ts"

/** A race that can be given up. */
export interface Race {
  /** The work's own end, or the error of giving up when that comes first. */
  run<T>(work: Promise<T>): Promise<T>
  giveUp(error: FixpointError): void
  /** To be called when there is nothing to wait for any more. */
  end(): void
}

/** A race that the signal gives up. */
export function startRace(signal: AbortSignal | undefined): Race {
  checkSignal(signal)
  let giveUp: (error: FixpointError) => void = ignore
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject))
  // Nobody may be listening when it is given up.
  givenUp.catch(ignore)
  const onAbort = () => giveUp(aborted(signal as AbortSignal))
  signal?.addEventListener("abort", onAbort)
  return {
    run: (work) => Promise.race([givenUp, work]),
    giveUp,
    end: () => signal?.removeEventListener("abort", onAbort),
  }
}

/** What an application is asked for. */
export interface Question<T> {
  /** The setting that answers. */
  readonly name: string
  readonly ask: () => T | Promise<T>
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  /** Told when there was no answer in time. */
  readonly onLate?: () => void
}

/** Asks an application. Its own errors are REMOTE_UNAVAILABLE with the setting as the reason, as it may do better next time. */
export async function askApplication<T>({ timers }: Pick<Host, "timers">, question: Question<T>): Promise<T> {
  const { name, ask, signal, timeoutMs, onLate } = question
  const details = { reason: name }
  const race = startRace(signal)
  const cancel = timers.after(timeoutMs, () => {
    onLate?.()
    race.giveUp(new FixpointError("REMOTE_TIMEOUT", `${name}() gave no answer in time.`, { details }))
  })
  try {
    return await race.run(Promise.resolve(ask()))
  } catch (error) {
    if (error instanceof FixpointError) throw error
    throw new FixpointError("REMOTE_UNAVAILABLE", `${name}() failed.`, { details, cause: error })
  } finally {
    cancel()
    race.end()
  }
}

const ignore = (): void => undefined
