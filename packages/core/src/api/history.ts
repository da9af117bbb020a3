/** What documents were, as it is asked for and told. Owns: how long it is kept, and the shape of one step of the past. */
import type { Json } from "../base/json.ts"
import type { Authorship } from "./authorship.ts"

/** How long it is kept what documents were. */
export type HistoryKeep = "none" | "30d" | "forever"

/** What one commit changed of a document. */
export interface HistoryStep extends Authorship {
  /** Whether there was a document after it. */
  readonly exists: boolean
  readonly changes: readonly FieldChange[]
}

/** A field before and after a commit, its values encoded; undefined for nothing. */
export interface FieldChange {
  readonly path: string
  readonly before: Json | undefined
  readonly after: Json | undefined
}
