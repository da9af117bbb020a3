/**
 * The smallest form of a simulation that fails. Owns: what is left out, and in which order. Invariant: what is given fails with the check
 * that the whole one failed with, and so does every run of it. Must not know what is simulated.
 */
import type { Trouble } from "./swarm.ts"

/** What of a simulation can be left out. */
export interface Shrinkable {
  readonly steps: number
  readonly without?: readonly (keyof Trouble)[]
}

/** Runs a form of it; gives what it fails with, if it does. */
export type Attempt<S extends Shrinkable> = (form: S) => Promise<Error | undefined>

/** The smallest form that was found, and its failure. */
export interface Shrunk<S extends Shrinkable> {
  readonly form: S
  readonly failure: Error
}

/** The check that has failed, which every message begins with. */
const checkOf = ({ message }: Error): string => /^[IO]\d+/.exec(message)?.[0] ?? message

/** Leaves out steps, then kinds of trouble, then steps again, as long as the same check fails. */
export async function shrink<S extends Shrinkable>(
  whole: Shrunk<S>,
  kinds: readonly (keyof Trouble)[],
  attempt: Attempt<S>,
): Promise<Shrunk<S>> {
  let least = whole
  const tries = async (form: S): Promise<boolean> => {
    const failure = await attempt(form)
    const isSame = failure !== undefined && checkOf(failure) === checkOf(whole.failure)
    if (isSame) least = { form, failure }
    return isSame
  }
  const leaveOutSteps = async (): Promise<void> => {
    for (let cut = Math.floor(least.form.steps / 2); cut > 0; ) {
      const steps = least.form.steps - cut
      cut = (await tries({ ...least.form, steps })) ? Math.min(cut, Math.floor(steps / 2)) : Math.floor(cut / 2)
    }
  }
  await leaveOutSteps()
  for (const kind of kinds) await tries({ ...least.form, without: [...(least.form.without ?? []), kind] })
  await leaveOutSteps()
  return least
}
