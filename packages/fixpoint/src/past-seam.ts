/** The shapes of what documents were. Owns nothing that runs. */

/** A moment: the time, up to the end of the millisecond, or the stamp of a commit. */
export type When = Date | string

/** How long it is kept what documents were: "none", the last 30 days, or for ever. */
export interface HistoryOptions {
  readonly keep: "none" | "30d" | "forever"
}

/** Who wrote something, and when. */
export interface Author {
  readonly stamp: string
  readonly at: Date
  /** The device, as its `status.device` names it. */
  readonly actor: string
}

/** A field before and after a commit; undefined for nothing. */
export interface PastChange {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** What one commit changed of a document. */
export interface PastStep extends Author {
  /** Whether there was a document after it. */
  readonly exists: boolean
  readonly changes: readonly PastChange[]
}

/** Which steps of a document's history are wanted. */
export interface PastRange {
  readonly signal?: AbortSignal | undefined
  /** At most so many, up to 1,000, which is what is given without it. */
  readonly limit?: number | undefined
  /** Those before the commit of this stamp: that of the oldest step so far asks for the next page. */
  readonly before?: string | undefined
}
