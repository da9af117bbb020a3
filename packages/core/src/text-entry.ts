/** The entry `@fixpoint/core/text`: the part of the engine that holds collaborative texts; it has Yjs in it. Loaded on demand. */
export { openTexts as open } from "./text/text-door.ts"
