/**
 * Objects of a bucket, asked for before they are needed. Owns: how far ahead.
 * Invariant: they come in the order in which they were named, and those that are on the way or wait here are few and small
 * together, but for one of any size. Must not know what they are.
 */
import * as limits from "../base/limits.ts"

/** Something to fetch, and about how large it is. */
export interface Fetchable {
  readonly byteCount: number
}

interface Fetch<I, R> {
  readonly item: I
  readonly result: Promise<R>
}

/** Fetches items one after another, some of them while the ones before are worked on. */
export async function* fetchedAhead<I extends Fetchable, R>(
  items: readonly I[],
  fetch: (item: I) => Promise<R>,
): AsyncGenerator<readonly [item: I, result: R]> {
  const ahead: Fetch<I, R>[] = []
  let begun = 0
  let bytes = 0
  const begin = (): void => {
    for (let item = items[begun]; item !== undefined; item = items[begun]) {
      const isRoom = ahead.length < limits.fetchAheadMax && bytes + item.byteCount <= limits.fetchAheadBytes
      if (ahead.length > 0 && !isRoom) return
      begun++
      bytes += item.byteCount
      const result = fetch(item)
      // Whoever comes to it gets the failure; nobody does after one before it has failed.
      result.catch(() => undefined)
      ahead.push({ item, result })
    }
  }
  for (begin(); ; begin()) {
    const next = ahead.shift()
    if (next === undefined) return
    const result = await next.result
    begin()
    yield [next.item, result]
    bytes -= next.item.byteCount
  }
}
