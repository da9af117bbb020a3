/** The entry `@fixpoint/core/history`: the part that keeps what documents were, and reads it. Loaded on demand. */
export { openHistory as open } from "./history/history-door.ts"
export { journal } from "./history/journal.ts"
