/** The entry `@fixpoint/core/queries`: queries by indexes and of other forms than plain ones, and the change feed. Loaded on demand. */
export { readChanges } from "./db/change-feed.ts"
export { findBy, findForm } from "./db/find-forms.ts"
export { liveForm } from "./db/live-forms.ts"
export { openPlanned } from "./db/planned-candidates.ts"
