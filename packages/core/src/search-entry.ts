/** The entry `@fixpoint/core/search`: full text and vectors. Loaded on demand. */
export { find } from "./search/find.ts"
export { watchFind } from "./search/live-search.ts"
export { textDefinition, textPlugin } from "./search/text-plugin.ts"
export { vectorDefinition, vectorPlugin } from "./search/vector-plugin.ts"
