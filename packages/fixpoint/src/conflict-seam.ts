/** The shapes of conflicts that are listed and decided. Owns nothing that runs. */
import type { Author } from "./past-seam.ts"

/** A write that gave way to one that had not seen it. */
export interface LostWrite {
  /** Of the field; empty where the whole document gave way: to a deletion, or to another document of its id. */
  readonly path: string
  readonly isDocument: boolean
  /** What stands in its place now; undefined for nothing. */
  readonly winner: unknown
  /** The value that gave way; undefined where that was a deletion of the field. */
  readonly loser: unknown
  readonly stamps: { readonly winner: string; readonly loser: string }
  readonly authors: { readonly winner: Author; readonly loser: Author }
}

/** What of a conflict says which one it is. */
export type LostName = Pick<LostWrite, "path" | "isDocument" | "stamps">

/** Which of the two is to stand. */
export type Choice = "winner" | "loser"
