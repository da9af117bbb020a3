/** What a document shows of a text. */
import type { Json } from "../base/json.ts"
import type { Stamp } from "../clock/stamp.ts"

/** A plain value as it stands in a document, with the newest stamp at its path. */
export interface Shown {
  readonly value: Json
  readonly stamp: Stamp
}
