/** What the harness and a page say to each other. */
import type { Counts, Samples } from "../scenario.ts"

/** What the harness asks of a page. */
export interface Command {
  readonly system: string
  readonly scenario: string
  readonly counts: Counts
}

/** What a page answers. */
export interface Answer {
  readonly samples: Samples
  readonly userAgent: string
  readonly error?: string
}
