/** The entry `@fixpoint/core/indexes`: what keeps indexes, and the entries of plug-ins. Loaded on demand. */
export { openKeeping } from "./keeping.ts"
