/** The entry `@fixpoint/core/upkeep`: the part of the engine that writes, merges and sweeps segments, and finds edits. Loaded on demand. */
export { compactOnce } from "./lsm/compaction.ts"
export { flushFrozen } from "./lsm/flush.ts"
export { editsOf } from "./lsm/record-edits.ts"
export { sweep } from "./lsm/sweep.ts"
