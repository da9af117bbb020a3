/** The entry `@fixpoint/core/code-texts`: what the codes of errors mean, for those who show them. Loaded on demand. */
export { type CodeText, codeTexts } from "./base/code-texts.ts"
