/** The part that writes segments. Owns: its shape, for those who load it when it is first needed. */

/** Moves rows from memory to segments, merges those, and removes what nobody needs. */
export type Upkeep = Pick<typeof import("./flush.ts"), "flushFrozen"> &
  Pick<typeof import("./compaction.ts"), "compactOnce"> &
  Pick<typeof import("./sweep.ts"), "sweep">
