/** The entry `@fixpoint/core/check`: the part of the engine that looks at all that is stored. Loaded on demand. */
export { checkStore } from "./lsm/check.ts"
