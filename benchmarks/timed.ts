/**
 * What scenarios are made of: a database that is open, the documents that are theirs, and a clock.
 */
import type { Range } from "./documents.ts"
import type { Database, Durability } from "./drivers/driver.ts"
import type { Bench, Counts } from "./scenario.ts"

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

/** Opens, and waits until that is done. */
export async function opened({ driver }: Bench, durability: Durability = "relaxed"): Promise<Database> {
  const db = await driver.open(durability)
  await db.ready()
  return db
}
