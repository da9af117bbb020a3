/**
 * What scenarios are made of: a database that is open, the documents that are theirs, and a clock.
 */
import type { Range } from "./documents.ts"
import type { Database, Durability, Opening } from "./drivers/driver.ts"
import type { Bench, Counts } from "./scenario.ts"

/** Each is a database of its own, so that what one costs is not in the figures of another. */
export type PeopleSet = "plain" | "indexed" | "searched"

/** How the database of a set is opened. */
export const openingOf = ({ system }: Bench, set: PeopleSet, durability: Durability = "relaxed"): Opening => ({
  name: `${system}-${set}`,
  durability,
  isIndexed: set === "indexed",
  isSearched: set === "searched",
})

/** Where each scenario's own documents begin, as a multiple of the initial count: none meets another's. */
export const region = ({ documents }: Counts, nth: number, count: number): Range => {
  const from = documents * (10 + nth)
  return { from, to: from + count }
}

/** How long `work` takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Times `work` as often as told, or until the budget is used; gives one sample each. */
export async function samplesOf(
  { budgetMs }: Counts,
  times: number,
  work: (n: number) => Promise<number>,
): Promise<number[]> {
  const samples: number[] = []
  let spentMs = 0
  while (samples.length < times && (samples.length === 0 || spentMs < budgetMs)) {
    const ms = await work(samples.length)
    samples.push(ms)
    spentMs += ms
  }
  return samples
}

/** Without the first tenth, in which code is compiled; one that was slow from the first on keeps what it has. */
export const warm = (samples: readonly number[]): readonly number[] =>
  samples.length < 5 ? samples : samples.slice(Math.ceil(samples.length / 10))

/** Opens the database of a set, and waits until that is done. */
export async function opened(bench: Bench, set: PeopleSet, durability?: Durability): Promise<Database> {
  const db = await bench.driver.open(openingOf(bench, set, durability))
  await db.ready()
  return db
}
