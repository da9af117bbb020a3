/** The entry `@fixpoint/core/check`: the part of the engine that looks at all that is stored. Loaded on demand. */
export { checkDerived } from "./db/check-derived.ts"
export { checkFiles } from "./db/check-files.ts"
export { checkStore } from "./lsm/check.ts"
