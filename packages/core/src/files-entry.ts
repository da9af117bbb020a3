/** The entry `@fixpoint/core/files`: the part of the engine that keeps files. Loaded on demand. */
export { openFiles as open } from "./files/files-door.ts"
