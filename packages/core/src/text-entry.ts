/** The entry `@fixpoint/core/text`: the part of the engine that opens collaborative texts and stores them. Loaded on demand. */
export { openTexts } from "./text/text-door.ts"
