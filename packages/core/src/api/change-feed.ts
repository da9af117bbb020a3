/** The change feed as it is read: page by page, each with the cursor of the next. */

/** One changed document of the change feed; `text` is undefined when it was deleted. */
export interface Change {
  readonly id: string
  readonly text: string | undefined
  readonly stamp: string
}

/** A page of the change feed, and the cursor that continues it. */
export interface ChangePage {
  readonly changes: readonly Change[]
  readonly cursor: string
}
