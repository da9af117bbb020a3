/**
 * Rows on their way from one table of actors to another: between a database and a pack. Owns: the short ways, which leave the
 * text of a document as it is.
 * Invariant: the row that comes out holds the state of the row that went in, or the part of it that was asked for.
 * Must not know packs or databases.
 */
import { type Writer, writtenPart } from "./delta.ts"
import { type ActorTable, documentTextOf } from "./row.ts"
import { rowState, stateRow } from "./row-state.ts"

type Meta = unknown[]

/** The row under the actors' numbers of another table. */
export function adoptRow(row: string, from: ActorTable, to: ActorTable): string {
  const tab = row.indexOf("\t")
  const meta = JSON.parse(row.slice(tab + 1)) as Meta
  eachStampOf(meta, (stamp, at) => {
    stamp[at + 1] = to.indexOf(from.actorAt(stamp[at + 1] as number))
  })
  return `${row.slice(0, tab)}\t${JSON.stringify(meta)}`
}

/**
 * Clocks between which all lies that a writer wrote of a row; undefined when it wrote nothing of it. They may be wider: a row keeps
 * the stamp of its last whole write, of which nothing may be left.
 */
export function writtenSpan(
  row: string,
  from: ActorTable,
  { actor, after, through }: Writer,
): { readonly first: number; readonly last: number } | undefined {
  const meta = JSON.parse(row.slice(row.indexOf("\t") + 1)) as Meta
  const index = from.indexOf(actor)
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  eachStampOf(meta, (stamp, at) => {
    const hlc = stamp[at] as number
    if (stamp[at + 1] !== index || hlc <= after || hlc > through) return
    first = Math.min(first, hlc)
    last = Math.max(last, hlc)
  })
  return last === 0 ? undefined : { first, last }
}

/** The part of a row that a writer wrote, as a row under another table; undefined when it wrote nothing of it. */
export function writtenRow(row: string, from: ActorTable, to: ActorTable, writer: Writer): string | undefined {
  const { actor, after, through } = writer
  const meta = JSON.parse(row.slice(row.indexOf("\t") + 1)) as Meta
  const index = from.indexOf(actor)
  const stamps = { own: 0, others: 0 }
  eachStampOf(meta, (stamp, at) => {
    const isOwn = stamp[at + 1] === index && (stamp[at] as number) > after && (stamp[at] as number) <= through
    stamps[isOwn ? "own" : "others"]++
  })
  if (stamps.own === 0) return undefined
  if (stamps.others === 0) return adoptRow(row, from, to)
  const part = writtenPart(rowState(row, from), writer)
  return part && stateRow(part, to)
}

/** Whether a row is no more than its document and one stamp: nothing of it can be hidden, or dropped by another part. */
export function isPlainRow(row: string): boolean {
  return documentTextOf(row) !== "" && !row.includes("[", row.indexOf("\t") + 2)
}

/** Visits each stamp of a meta, as the list that holds it and the place of its hlc there. */
function eachStampOf(meta: Meta, visit: (holder: unknown[], at: number) => void): void {
  visit(meta, 0)
  const [, , life, base, , ...groups] = meta
  if (Array.isArray(life)) visit(life as unknown[], 0)
  if (Array.isArray(base)) visit(base as unknown[], 0)
  for (const group of groups) visit(group as unknown[], 0)
}
