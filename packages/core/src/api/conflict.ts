/** Conflicts as they are told and decided. Owns: a write that gave way, without and with its value, and the choice between two. */
import type { Json } from "../base/json.ts"
import type { Durability } from "../lsm/store.ts"
import type { Authorship } from "./authorship.ts"

/** A write that gave way to one that had not seen it, with both stamps. */
export interface Conflict {
  readonly collection: string
  readonly id: string
  /** Of the field; empty where the whole document gave way: to a deletion, or to another document of the same id. */
  readonly path: string
  readonly winner: string
  readonly loser: string
}

/** A write that gave way, with its value and what stands in its place now; undefined for nothing. */
export interface LostWrite {
  /** Of the field; empty where the whole document gave way. */
  readonly path: string
  readonly isDocument: boolean
  readonly winner: Json | undefined
  readonly loser: Json | undefined
  readonly authors: { readonly winner: Authorship; readonly loser: Authorship }
}

/** Which conflict is decided, and how. */
export interface Decision {
  readonly path: string
  readonly isDocument: boolean
  /** The stamp of its loser. */
  readonly stamp: string
  readonly choice: "winner" | "loser"
  readonly durability: Durability | undefined
}
