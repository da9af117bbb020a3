/**
 * Conflicts on their way to whoever listens. Owns: the field of a log record's note that carries them.
 * Invariant: each tab tells of them when it applies the record, so that all that are open hear, whichever of them synced. A tab that
 * was behind a flush has not seen the record, and does not hear. Must not know how conflicts are found.
 */
import type { Conflict } from "../api/conflict.ts"
import type { JsonObject } from "../base/json.ts"
import type { Witness } from "./witness.ts"

/** The part of a note that tells of conflicts; empty where there are none. */
export function conflictNote(conflicts: readonly Conflict[]): JsonObject {
  return conflicts.length === 0 ? {} : { conflicts: conflicts.map((conflict) => ({ ...conflict })) }
}

/** Tells of the conflicts of each record. */
export function tellConflicts(tell: (conflict: Conflict) => void): Witness {
  return {
    // It looks at records, not at commits.
    isIdle: true,
    applied({ note }) {
      const { conflicts = [] } = note as { readonly conflicts?: readonly Conflict[] }
      for (const conflict of conflicts) tell(conflict)
    },
  }
}
