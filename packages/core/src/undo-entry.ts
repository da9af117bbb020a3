/** The entry `@fixpoint/core/undo`: the part of the engine that takes commits back. Loaded on demand. */
export { openUndo as open } from "./undo/undo-door.ts"
