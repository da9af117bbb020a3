/** What the work on files is done with. Owns: the shape, the ways to the blocks of a file, and when their memory is given back. Must not know files' rows. */
import { letGo } from "../base/bytes.ts"
import type { PartContext } from "../db/doors.ts"
import type { Owner } from "./owner.ts"

/** An engine, as files see it. */
export interface FileContext extends PartContext {
  readonly owner: Owner
}

/** A piece of a file as stored, and where. */
export interface StoredPiece {
  readonly index: number
  readonly bytes: Uint8Array
}

/** Stores pieces of a file. */
export async function putPieces({ lsm }: FileContext, segment: number, pieces: readonly StoredPiece[]): Promise<void> {
  const blocks = pieces.map((piece) => ({ segment, ...piece }))
  await lsm.lend(({ store }) => store.commit({ durability: "relaxed", blocks }))
}

/** A piece as stored; undefined where there is none. */
export async function getPiece({ lsm }: FileContext, segment: number, index: number): Promise<Uint8Array | undefined> {
  const [bytes] = await lsm.lend(({ store }) => store.readBlocks([{ segment, index }]))
  return bytes
}

/** Gives back the memory of a piece of a file that is of no more use, where the store has a copy of its own. */
export async function letGoOf(context: FileContext, bytes: Uint8Array): Promise<void> {
  await context.lsm.lend(async ({ store }) => {
    if (store.copies) letGo(bytes)
  })
}

/** Removes all pieces of files. */
export async function dropSegments({ lsm }: FileContext, segments: readonly number[]): Promise<void> {
  if (segments.length > 0)
    await lsm.lend(({ store }) => store.commit({ durability: "relaxed", dropSegments: segments }))
}
