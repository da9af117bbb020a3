/** What the harness and a page say to each other. */
import type { Counts, Samples } from "../scenario.ts"

/** "compare": systems beside each other. "scale": one system at several sizes. */
export type Kind = "compare" | "scale"

/** How fast the line to the bucket is, from now on. */
export interface LineSpeed {
  /** Each request is held up for so long. */
  readonly latencyMs: number
  /** In each direction; as fast as it goes otherwise. */
  readonly bitsPerSecond?: number
  /** The bucket is a new one. */
  readonly isNew?: true
}

/** What has passed: bodies of objects, and requests. */
export interface LineCounts {
  readonly requests: number
  /** Of what was put, the packs of Fixpoint. */
  readonly packBytes: number
  readonly upBytes: number
  readonly downBytes: number
}

/** The line to the bucket, as the page is told of it. */
export interface Line {
  readonly url: string
  /** What has passed since it was last asked for. */
  readonly since: LineCounts
}

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
