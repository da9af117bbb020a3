/** The entry `@fixpoint/core/conflicts`: the part that tells which writes gave way, and decides. Loaded on demand. */
export { openConflicts as open } from "./conflicts/conflicts-door.ts"
