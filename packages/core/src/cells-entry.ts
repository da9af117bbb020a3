/** The entry `@fixpoint/core/cells`: what writes go by that touch counters, sets and the like. Loaded on demand. */
export { cellWays } from "./crdt/row-edit.ts"
