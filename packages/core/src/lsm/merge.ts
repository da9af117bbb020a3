/**
 * Merges sorted runs of rows into one. Owns: which version of a row is the one to see.
 * Invariant: of a key that several runs have, the first run's version is given, once; keys come in the order of the runs.
 * Must not know where runs come from: nothing here waits.
 */
import type { Key } from "../codec/key.ts"
import type { Run } from "./segment-run.ts"

/** Whether a key comes before another one in a merge. */
export type Precedes = (a: Key, b: Key) => boolean

/** The order of keys. */
export const comesEarlier: Precedes = (a, b) => a < b
/** The order of keys, from the last to the first. */
export const comesLater: Precedes = (a, b) => a > b

/**
 * Gives rows to `emit` until a run has come to the end of what it holds: until that run has read on, nobody knows the
 * next row. A run that stands at its end when this begins has no more rows for certain.
 */
export function mergeRuns(
  runs: readonly Run[],
  emit: (key: Key, value: string | null) => void,
  precedes: Precedes = comesEarlier,
): void {
  const keyOf = (run: Run): Key => run.rows.keys[run.at]!
  const give = (run: Run, key: Key): boolean => {
    emit(key, run.rows.values[run.at++]!)
    return run.hasRow()
  }
  const active = runs.filter((run) => run.hasRow())
  let isOpen = active.length > 0
  while (isOpen) {
    let first = active[0]!
    for (const run of active) if (precedes(keyOf(run), keyOf(first))) first = run
    const key = keyOf(first)
    let bound: Key | undefined
    for (const run of active) {
      if (run === first) continue
      if (keyOf(run) === key) {
        run.at++
        isOpen = run.hasRow() && isOpen
      }
      if (isOpen && (bound === undefined || precedes(keyOf(run), bound))) bound = keyOf(run)
    }
    isOpen = give(first, key) && isOpen
    // Up to the next key of the others, all rows of `first` come next.
    while (isOpen && (bound === undefined || precedes(keyOf(first), bound))) isOpen = give(first, keyOf(first))
  }
}
