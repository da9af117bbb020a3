/**
 * The entry `@fixpoint/core/yjs`: the part of the engine that reads texts and writes in them; it has Yjs in it. Loaded on demand,
 * behind the first text that was opened as a rule. Pages read updates by the same bounds.
 */
export { applyBounded } from "./text/guarded-update.ts"
export { LoadedText } from "./text/loaded-text.ts"
