/**
 * The chunks of a text: how a Yjs document lies in the cells of its own. Owns: their names and values.
 * All that one actor has written in a text is in the chunks `y<actor>.<number>` at the text's path, each a Yjs update as base64,
 * in the encoding V2. Only that actor writes them, and each value of a chunk holds what the value before held; so the join of two
 * states of a document, which takes the newer cell of each name, has all that both have of the text, and merges it without
 * loading it (crdt/cells.ts). Chunks that are full do not change, so that what is synced is what was typed.
 * Must not know Yjs.
 */
import { fromBase64, toBase64 } from "../base/bytes.ts"
import { type ActorId, compareStamps, type Stamp } from "../clock/stamp.ts"
import { type CellKey, cellKey, splitCellKey } from "./cell-key.ts"
import type { Cell, Cells } from "./cells.ts"

/** A chunk as it lies in a document. */
export interface Chunk {
  readonly key: CellKey
  readonly actor: ActorId
  readonly number: number
  readonly stamp: Stamp
  /** The base64 of an update; undefined where the chunk went into another. */
  readonly value: string | undefined
}

/** The chunks of the text at a path, in no order. */
export function chunksAt(cells: Cells, path: string): Chunk[] {
  const start = cellKey(path, "y")
  const chunks: Chunk[] = []
  for (const [key, cell] of cells) if (key.startsWith(start)) chunks.push(chunkOf(key, cell, start.length))
  return chunks
}

/** The name of an actor's chunk. */
export function chunkKey(path: string, actor: ActorId, number: number): CellKey {
  return cellKey(path, "y", `${actor}.${number.toString(36)}`)
}

/** The name of an actor's chunk that is not there yet. */
export function freeChunkKey(cells: Cells, path: string, actor: ActorId): CellKey {
  for (let number = 0; ; number++) {
    const key = chunkKey(path, actor, number)
    if (!cells.has(key)) return key
  }
}

/** The chunks of a document as one actor would have written them all: what they hold, under names and a stamp of its own. */
export function chunksOf(cells: Cells, stamp: Stamp): Map<CellKey, Cell> {
  const counts = new Map<string, number>()
  const own = new Map<CellKey, Cell>()
  for (const [key, { value }] of cells) {
    const { path, kind } = splitCellKey(key)
    if (kind !== "y" || value === undefined) continue
    const number = counts.get(path) ?? 0
    counts.set(path, number + 1)
    own.set(chunkKey(path, stamp.actor, number), { stamp, value })
  }
  return own
}

/** The update of a chunk. Throws when it is no base64. */
export function updateOf(value: string): Uint8Array {
  return fromBase64(value)
}

/** The value of a chunk. */
export function chunkValue(update: Uint8Array): string {
  return toBase64(update)
}

/** The newest stamp of chunks. */
export function newestOf(chunks: readonly Chunk[]): Stamp | undefined {
  return chunks.reduce<Stamp | undefined>(
    (newest, { stamp }) => (newest === undefined || compareStamps(stamp, newest) > 0 ? stamp : newest),
    undefined,
  )
}

function chunkOf(key: CellKey, { stamp, value }: Cell, from: number): Chunk {
  const dot = key.indexOf(".", from)
  return {
    key,
    actor: key.slice(from, dot),
    number: Number.parseInt(key.slice(dot + 1), 36),
    stamp,
    value: typeof value === "string" ? value : undefined,
  }
}
