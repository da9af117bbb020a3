/**
 * What a database keeps of writes that gave way to others (crdt/losses.ts). Owns: the rows `0x06 conflict 0x00` ‖ row key, one for
 * each document that has any, their form and their bounds: JSON `{ v: 1, hlc, ... }` with the losses beside (crdt/losses-form.ts).
 * Invariant: what this device wrote at a clock above `hlc` had seen all of it, so that local writes need not touch the row.
 * Must not know how losses are found or shown.
 */
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import type { Hlc } from "../clock/hlc.ts"
import { compareStamps } from "../clock/stamp.ts"
import { type Key, systemKey } from "../codec/key.ts"
import { isNothing, type Losses, lossesSince, newestLost } from "../crdt/losses.ts"
import { lossesOf, type StoredLosses, storedLosses } from "../crdt/losses-form.ts"
import type { ActorTable } from "../crdt/row.ts"
import { rowState } from "../crdt/row-state.ts"

/** What is kept of one document, and the clock of the record that kept it. */
export interface KeptLosses {
  readonly hlc: Hlc
  readonly losses: Losses
}

interface StoredConflicts extends StoredLosses {
  readonly v: number
  readonly hlc: Hlc
}

/** What the keys of all these rows begin with. */
export const conflictPrefix: Key = systemKey("conflict", "")

/** The key of the row of a document. */
export const conflictKey = (row: Key): Key => conflictPrefix + row

/** The row of what gave way, newest writes first, as much as is kept of it; undefined for nothing. */
export function formatConflicts({ hlc, losses }: KeptLosses, nowMs: number): string | undefined {
  const stored = bounded(losses, nowMs, limits.conflictCharsMax)
  return stored && JSON.stringify({ v: 1, hlc, ...stored } satisfies StoredConflicts)
}

/** What a row holds, less what is kept no more. */
export function readConflicts(line: string, nowMs: number): KeptLosses {
  const { v, hlc, life, registers, documents } = JSON.parse(line) as StoredConflicts
  if (v !== 1) throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { part: "conflicts", v } })
  const losses = {
    life,
    registers: registers.filter(([metMs]) => isKept(metMs, nowMs)),
    documents: documents.filter(([metMs]) => isKept(metMs, nowMs)),
  }
  return { hlc, losses: lossesOf(losses) }
}

/** What others are told of a row of conflicts beside the document's row: what is not decided here since; undefined for nothing. */
export function toldConflicts(line: string, row: string, actors: ActorTable, nowMs: number): string | undefined {
  const kept = readConflicts(line, nowMs)
  const losses = lossesSince(kept.losses, rowState(row, actors), kept.hlc)
  const stored = isNothing(losses) ? undefined : bounded(losses, nowMs, limits.conflictToldCharsMax)
  return stored && JSON.stringify(stored)
}

function bounded(losses: Losses, nowMs: number, charsMax: number): StoredLosses | undefined {
  const { life, registers, documents } = storedLosses(losses)
  const all = [
    ...registers.map((register, i) => ({ register, stamp: losses.registers[i]!.cell.stamp })),
    ...documents.map((document, i) => ({ document, stamp: newestLost(losses.documents[i]!) })),
  ]
    .filter((one) => isKept(("register" in one ? one.register : one.document)[0], nowMs))
    .sort((a, b) => compareStamps(b.stamp, a.stamp))
    .slice(0, limits.conflictsPerDocumentMax)
  let chars = 0
  const kept = all.filter((one, i) => {
    chars += JSON.stringify("register" in one ? one.register : one.document).length
    return i === 0 || chars <= charsMax
  })
  if (kept.length === 0) return undefined
  return {
    life,
    registers: kept.flatMap((one) => ("register" in one ? [one.register] : [])),
    documents: kept.flatMap((one) => ("document" in one ? [one.document] : [])),
  }
}

const isKept = (metMs: number, nowMs: number): boolean => metMs > nowMs - limits.conflictKeepMs
