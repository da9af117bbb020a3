/** What the harness and a page say to each other. */
import type { Counts, Samples } from "../scenario.ts"

/** "compare": systems beside each other. "scale": one system at several sizes. */
export type Kind = "compare" | "scale"

/** What the harness asks of a page. */
export interface Command {
  /** Of which list the scenario is. */
  readonly kind: Kind
  readonly system: string
  /** They are run one after the other in one page load; more than one only where figures do not matter. */
  readonly scenarios: readonly string[]
  readonly counts: Counts
}

/** What a page answers. */
export interface Answer {
  readonly samples: Samples
  readonly userAgent: string
  readonly error?: string
}
