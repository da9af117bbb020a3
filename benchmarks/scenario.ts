/**
 * What a scenario is, what it is given and what it tells. Must not know a system, nor any one scenario.
 */
import type { Driver } from "./drivers/driver.ts"
import type { Line, LineSpeed } from "./page/message.ts"

/** How much of each a run does. */
export interface Counts {
  readonly documents: number
  readonly puts: number
  readonly strictPuts: number
  readonly concurrent: number
  readonly gets: number
  readonly updates: number
  readonly blocking: number
  readonly queries: number
  readonly pageSize: number
  readonly livePuts: number
  /** How many live queries are mounted beside the one that is watched. */
  readonly mounted: number
  /** Keystrokes of the text. */
  readonly edits: number
  /** Documents that devices share, and how many a new device finds. */
  readonly shared: number
  readonly sharedMany: number
  readonly sharedEdits: number
  /** How often what one page does is repeated in it, and how often a page is loaded anew for a cold figure. */
  readonly repeats: number
  readonly coldLoads: number
  /** Samples are taken until this much time was measured, though at least one: a slow system has fewer. */
  readonly budgetMs: number
  /** How long a page rests after it was loaded. */
  readonly pauseMs: number
}

/** One figure of a scenario: the samples of a round become one value by its statistic (a median unless told). */
export interface Metric {
  readonly id: string
  /** Names of counts in braces stand for their numbers. */
  readonly title: string
  readonly unit: "ms" | "s" | "MB" | "kB" | "bytes" | "requests"
  readonly statistic?: "median" | "p95" | "p99" | "max"
  /** A system that does not do what is measured has no figure: it neither fails nor is left out for it. */
  readonly isSparse?: true
}

/** Samples by metric. */
export type Samples = Readonly<Record<string, readonly number[]>>

/** What a scenario is given. */
export interface Bench {
  readonly driver: Driver
  /** The system's id: names of databases begin with it. */
  readonly system: string
  readonly counts: Counts
  /** performance.now() just before the driver's module was fetched. */
  readonly startedAt: number
  /** Resolves when the bytes on disk have not changed for a while. */
  settled(): Promise<void>
  /** Sets the speed of the line to the bucket. */
  line(speed: LineSpeed): Promise<Line>
  /** Shows a line on the terminal. */
  progress(line: string): Promise<void>
}

/** What only the harness can see: bytes in the profile, the page's process, what was fetched since the profile is new. */
export type OutsideFigure = "folder" | "memory" | "memoryPeak" | "fetched"

/** One scenario. */
export interface Scenario {
  readonly id: string
  readonly metrics: readonly Metric[]
  /** The scenario that leaves what this one reads: where that failed, this one is not tried. */
  readonly needs?: string
  /** How many page loads it gets in a round; 1 unless told. */
  loads?(counts: Counts): number
  /** Starts the browser anew on the same profile before each load. */
  readonly restarts?: true
  /** Starts the browser anew on a new profile: nothing of the other scenarios lies on the disk. */
  readonly isApart?: true
  /** Leaves the database closed for a while before each load. */
  readonly rests?: true
  /** An answer may take so long; as long as any otherwise. */
  readonly limitMs?: number
  /** A new page load begins with it even where figures do not matter. */
  readonly startsLoad?: true
  /** Figures that the harness takes from outside when the scenario is over, by the id of their metric. */
  readonly outside?: Readonly<Record<string, OutsideFigure>>
  run(bench: Bench): Promise<Samples>
}
