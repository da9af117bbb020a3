/**
 * Whether a system gave what it was to give. Owns: the comparison with the documents that were made.
 * Invariant: an answer that differs ends the run. Must not be called while a clock runs.
 */
import { type Person, person } from "./documents.ts"
import type { Database } from "./drivers/driver.ts"

/** JSON with sorted keys: systems may give fields in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** Throws unless both are the same JSON, whatever the order of keys. */
export function expectSame(what: string, got: unknown, expected: unknown): void {
  const [left, right] = [canonical(got), canonical(expected)]
  if (left !== right) throw new Error(`${what}: got ${left?.slice(0, 300)}, expected ${right?.slice(0, 300)}`)
}

/** Reads some of what was written, one by one. */
export async function expectStored(db: Database, written: readonly Person[]): Promise<void> {
  const every = Math.max(1, Math.floor(written.length / 25))
  for (let at = 0; at < written.length; at += every) {
    const expected = written[at] as Person
    expectSame(`document ${expected._id}`, await db.get(expected._id), expected)
  }
}

/** Documents, and the indexes of those expected, in the same order. */
export const expectPeople = (found: readonly (Person | undefined)[], indexes: readonly number[]): void =>
  indexes.forEach((index, at) => expectSame(`document ${index}`, found[at], person(index)))
