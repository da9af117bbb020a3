/**
 * What a scenario is, what it is given and what it tells. Must not know a system, nor any one scenario.
 */
import type { Driver } from "./drivers/driver.ts"

/** How much of each a run does. */
export interface Counts {
  readonly documents: number
  readonly puts: number
  readonly strictPuts: number
  readonly concurrent: number
  readonly gets: number
  readonly updates: number
  readonly blocking: number
  readonly livePuts: number
  /** How often what one page does is repeated in it, and how often a page is loaded anew for a cold figure. */
  readonly repeats: number
  readonly coldLoads: number
  /** How long a page rests after it was loaded. */
  readonly pauseMs: number
}

/** One figure of a scenario: the samples of a round become one value by its statistic (a median unless told). */
export interface Metric {
  readonly id: string
  /** Names of counts in braces stand for their numbers. */
  readonly title: string
  readonly unit: "ms" | "s" | "MB"
  readonly statistic?: "median" | "p95" | "max"
  /** A system that does not do what is measured has no figure: it neither fails nor is left out for it. */
  readonly isSparse?: true
}

/** Samples by metric. */
export type Samples = Readonly<Record<string, readonly number[]>>

/** What a scenario is given. */
export interface Bench {
  readonly driver: Driver
  readonly counts: Counts
  /** performance.now() just before the driver's module was fetched. */
  readonly startedAt: number
  /** Resolves when the bytes on disk have not changed for a while. */
  settled(): Promise<void>
  /** Shows a line on the terminal. */
  progress(line: string): Promise<void>
}

/** What only the harness can see: bytes in the profile, memory of the page's process now and at its highest. */
export type OutsideFigure = "folder" | "memory" | "memoryPeak"

/** One scenario. */
export interface Scenario {
  readonly id: string
  readonly metrics: readonly Metric[]
  /** How many page loads it gets in a round; 1 unless told. */
  loads?(counts: Counts): number
  /** Starts the browser anew on the same profile before each load. */
  readonly restarts?: true
  /** Leaves the database closed for a while before each load. */
  readonly rests?: true
  /** Figures that the harness takes from outside when the scenario is over, by the id of their metric. */
  readonly outside?: Readonly<Record<string, OutsideFigure>>
  run(bench: Bench): Promise<Samples>
}
