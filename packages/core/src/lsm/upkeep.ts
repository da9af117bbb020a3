/** The part that writes segments, and edits. Owns: its shape, for those who load it when it is first needed. */

/** Moves rows from memory to segments, merges those, and removes what nobody needs; finds what changed in large values. */
export type Upkeep = Pick<typeof import("./flush.ts"), "flushFrozen"> &
  Pick<typeof import("./compaction.ts"), "compactOnce"> &
  Pick<typeof import("./record-edits.ts"), "editsOf"> &
  Pick<typeof import("./sweep.ts"), "sweep">
