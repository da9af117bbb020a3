/**
 * Tells of documents that have the values of another one in a unique index, when they come: with what sync brings, and when an index
 * is built over what is there. Owns: what is looked at then, and that one finding is told once.
 * Invariant: local writes cost nothing: they were asked before they were stored. Must not know how duplicates are found.
 */
import { asFixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import type { Logger } from "../base/log.ts"
import type { Key } from "../codec/key.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Entry } from "../lsm/wal.ts"
import { type Duplicate, duplicatesIn, duplicatesOf, type OfCollection } from "./duplicates.ts"
import { stateKey } from "./replica-rows.ts"
import type { Witness } from "./witness.ts"

/** What the watch works with. */
export interface DuplicateParts {
  readonly lsm: Lsm
  readonly log: Logger
  /** All unique indexes that have all their entries. */
  indexes(): readonly OfCollection[]
  tell(duplicate: Duplicate): void
}

/** The watch of one engine: it is told of records, and of indexes that are built. */
export interface DuplicateWatch extends Witness {
  /** The prefixes of indexes that have all their entries from now on. */
  built(prefixes: readonly Key[]): void
  /** All that there are now. */
  all(): Promise<Duplicate[]>
}

/** Watches a database. */
export function watchDuplicates({ lsm, log, indexes, tell }: DuplicateParts): DuplicateWatch {
  const told = new Set<string>()
  let last: Promise<void> = Promise.resolve()

  const tellOnce = (duplicate: Duplicate): void => {
    const text = JSON.stringify(duplicate)
    if (told.has(text)) return
    if (told.size >= limits.duplicatesMax) told.clear()
    told.add(text)
    tell(duplicate)
  }
  const after = (work: () => Promise<void>): void => {
    last = last
      .then(work)
      .catch((error: unknown) => log.debug("cannot look for duplicates", { code: asFixpointError(error).code }))
  }

  return {
    isIdle: true,
    applied({ entries }) {
      const unique = indexes()
      // The state of sync goes with each record of it.
      if (unique.length === 0 || !entries.some(([key]) => key === stateKey)) return
      const put = entries.flatMap((entry): (readonly [OfCollection, Entry])[] => {
        const index = unique.find(({ prefix }) => entry[0].startsWith(prefix))
        return index === undefined || entry[1] === null ? [] : [[index, entry]]
      })
      after(async () => {
        for (const [index, [key, value]] of put.slice(0, limits.duplicatesMax)) {
          const duplicate = await duplicatesOf(lsm, index, key, value as string)
          if (duplicate !== undefined) tellOnce(duplicate)
        }
      })
    },
    built(prefixes) {
      after(async () => {
        for (const index of indexes())
          if (prefixes.includes(index.prefix)) for await (const one of duplicatesIn(lsm, index)) tellOnce(one)
      })
    },
    async all() {
      const found: Duplicate[] = []
      for (const index of indexes()) for await (const one of duplicatesIn(lsm, index)) found.push(one)
      return found
    },
  }
}
