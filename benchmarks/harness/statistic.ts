/** From samples to figures. Owns: how a round's samples become one value, and rounds one figure. */
import type { Metric, Samples } from "../scenario.ts"

/** A figure over all rounds: median, least and greatest of the rounds' values. */
export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: readonly number[]
}

/** The value below which the share `q` of the sorted samples lies. */
function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

const statistics: Record<NonNullable<Metric["statistic"]>, (samples: readonly number[]) => number> = {
  median: (samples) => quantile(samples, 0.5),
  p95: (samples) => quantile(samples, 0.95),
  p99: (samples) => quantile(samples, 0.99),
  max: (samples) => Math.max(...samples),
}

const rounded = (value: number): number => Number(value.toPrecision(4))

/** One metric over the rounds; undefined when no round has it. */
export function figureOf(metric: Metric, rounds: readonly Samples[]): Figure | undefined {
  const values = rounds.flatMap((samples) => {
    const found = samples[metric.id]
    return found?.length ? [rounded(statistics[metric.statistic ?? "median"](found))] : []
  })
  if (values.length === 0) return undefined
  return { median: rounded(quantile(values, 0.5)), min: Math.min(...values), max: Math.max(...values), rounds: values }
}
