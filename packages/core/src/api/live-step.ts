/** How a live query tells what became of its result: step by step. Putting steps together is the listener's. */
import type { ErrorJson } from "../base/errors.ts"
import type { DocumentText } from "./document-text.ts"

/** One step of a live query: replaces the whole result, or changes it. Positions are of the result after the step. */
export type LiveStep =
  | { readonly kind: "reset"; readonly documents: readonly DocumentText[] }
  | {
      readonly kind: "delta"
      /** Ids that left the result, taken out first. */
      readonly removed: readonly string[]
      /** Documents that entered, moved or changed, each with its position, ascending; moved ones are in `removed` as well. */
      readonly placed: readonly { readonly at: number; readonly document: DocumentText }[]
      /** Documents that changed in place. */
      readonly changed: readonly DocumentText[]
    }
  | { readonly kind: "error"; readonly error: ErrorJson }
