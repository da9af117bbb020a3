/**
 * Looks whether what is derived from documents is what they give. Owns: the comparison.
 * Invariant: never writes. Documents and entries are of one moment; they are compared by number and by sums of hashes, so that
 * neither has to be in memory, and an entry too many is found as one that is missing. Must not know what derivations do.
 */
import { isFixpointError } from "../base/errors.ts"
import { collectionRange, idOfRowKey, type Key, prefixRange } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { RowBatch } from "../lsm/scan-rows.ts"
import { viewOf } from "../query/row-delta.ts"
import type { Active, Derivations } from "./derivations.ts"
import type { Ledger } from "./ledger.ts"
import { journalTally } from "./plugin.ts"
import { rowOf } from "./stored-row.ts"

/** What entries come to, in whatever order they are added. */
class Sum {
  #count = 0
  #low = 0
  #high = 0

  add(key: Key, value: string): void {
    this.#count++
    this.#low = (this.#low + hash(`${key}\n${value}`, 0x811c9dc5)) >>> 0
    this.#high = (this.#high + hash(`${value}\n${key}`, 0x9e3779b9)) >>> 0
  }

  equals(other: Sum): boolean {
    return this.#count === other.#count && this.#low === other.#low && this.#high === other.#high
  }
}

/** FNV-1a with the finaliser of MurmurHash3, whose sums do not cancel out. */
function hash(text: string, basis: number): number {
  let h = basis
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const attemptsMax = 4

/** The numbers of derivations whose entries are not those of the documents. */
export async function checkDerived(lsm: Lsm, ledger: Ledger, derivations: Derivations): Promise<number[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await compareAll(lsm, ledger, derivations)
    } catch (error) {
      if (attempt >= attemptsMax || !isFixpointError(error, "CONFLICT")) throw error
    }
  }
}

async function compareAll(lsm: Lsm, ledger: Ledger, derivations: Derivations): Promise<number[]> {
  const made = ledger.derived.list().filter(({ tallies }) => tallies[journalTally] === undefined)
  const all = made.flatMap((one) => derivations.activate(one) ?? [])
  const scan = (range: { readonly from: Key; readonly to: Key }) => lsm.scan(range, { isSteady: true })
  // All scans are asked for in one turn: they are of one moment, that of the ledger.
  const collections = new Set(all.map(({ definition }) => definition.of))
  const rows = [...collections].map((of) => ({ of, batches: scan(collectionRange(of)) }))
  const entries = all.map(({ id, prefix }) => ({ id, batches: scan(prefixRange(prefix)) }))
  const wanted = new Map(all.map(({ id }) => [id, new Sum()]))
  const damaged: number[] = []
  for (const { of, batches } of rows) {
    const own = all.filter(({ definition }) => definition.of === of)
    await sumDocuments(batches, of, own, wanted)
  }
  for (const { id, batches } of entries) {
    const found = new Sum()
    for await (const batch of batches) for (const [key, value] of batch) found.add(key, value)
    if (wanted.get(id)?.equals(found) !== true) damaged.push(id)
  }
  return damaged
}

/** Adds up what the documents of a collection give. */
async function sumDocuments(
  batches: AsyncGenerator<RowBatch>,
  collection: string,
  derivations: readonly Active[],
  sums: ReadonlyMap<number, Sum>,
): Promise<void> {
  for await (const batch of batches)
    for (const [key, line] of batch) {
      const after = viewOf(rowView(rowOf(line)))
      if (after === undefined) continue
      for (const { id, prefix, built, onDelta } of derivations) {
        if (built !== undefined && key > built) continue
        const put = (rest: Key, value: string) => sums.get(id)?.add(prefix + rest, value)
        const delta = { collection, id: idOfRowKey(key), before: undefined, after }
        onDelta(delta, { put, delete: () => undefined, tally: () => undefined })
      }
    }
}
