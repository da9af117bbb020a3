/** What `check` tells of a database. Invariant: no document's content is in it. */
import type { ErrorJson } from "../base/errors.ts"

/** One finding of `check`. `where` names the place without any document's content. */
export interface Finding {
  readonly code: ErrorJson["code"]
  readonly where: string
  readonly message: string
}

/** What `check` gives. It never writes. */
export interface CheckReport {
  readonly ok: boolean
  readonly deep: boolean
  readonly findings: readonly Finding[]
  readonly segments: number
  readonly blocks: number
  readonly logRecords: number
  readonly rows: number
}
