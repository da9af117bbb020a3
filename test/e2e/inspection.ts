/** What the damage tests and the page they drive both know: how many documents there are, and what an opening of them gives. */

/** Documents of a database that nothing is wrong with. */
export const documentCount = 300

/** How much there is in a database: some 100 kB, or more than a browser keeps in its own log. */
export type DatabaseSize = "small" | "large"

/** What opening and reading a database gave. Codes of failures; `uncoded` are the failures that have none. */
export interface Inspection {
  readonly state: string
  readonly persistence: string
  /** Codes that opening, reading, the status or an error event gave. */
  readonly codes: readonly string[]
  readonly uncoded: readonly string[]
  /** Calls that read documents and failed. */
  readonly failed: number
  /** Documents read, those as last written, and those that nobody wrote. */
  readonly read: number
  readonly current: number
  readonly wrong: readonly string[]
  readonly findings: readonly string[]
  /** The actor of this opening. */
  readonly device: string
  readonly ms: number
}
