/**
 * Files of blocks. Owns: writing the blocks of one commit, and reading blocks back.
 * Invariant: a file is written once, whole, and synced before any frame names it; nobody appends to one.
 * Must not know which blocks are in force.
 */
import { concatBytes } from "../base/bytes.ts"
import { blocksPath, type Folder, syncNames, unlessMissing, writeNew } from "./fs-folder.ts"
import type { BlockList } from "./fs-frame.ts"
import { readSpans } from "./fs-spans.ts"
import type { BlockPlace } from "./fs-state.ts"
import type { StoreChange } from "./store.ts"

/** Writes blocks as a file of a generation. */
export async function writeBlocks(
  folder: Folder,
  generation: number,
  blocks: NonNullable<StoreChange["blocks"]>,
): Promise<BlockList> {
  const file = `${generation}-${folder.platform.uniqueName()}`
  let at = 0
  const list = blocks.map(({ segment, index, bytes }) => {
    const place = [segment, index, at, bytes.length] as const
    at += bytes.length
    return place
  })
  try {
    await writeNew(folder, blocksPath(folder, file), concatBytes(...blocks.map(({ bytes }) => bytes)))
    await syncNames(folder, `${folder.path}/blocks`)
  } catch (error) {
    // Half of a file on a full disk would only be in the way.
    await removeBlocks(folder, [file])
    throw error
  }
  return { file, blocks: list }
}

/** Reads blocks; undefined for those whose file is not there, or ends before them. */
export async function readPlaces(
  folder: Folder,
  places: readonly (BlockPlace | undefined)[],
): Promise<(Uint8Array | undefined)[]> {
  const byFile = new Map<string, number[]>()
  for (const [i, place] of places.entries())
    if (place !== undefined) byFile.set(place.file, [...(byFile.get(place.file) ?? []), i])
  const found = places.map((): Uint8Array | undefined => undefined)
  const readFile = async (file: string, members: number[]) => {
    const spans = members.map((i) => places[i]!)
    const read = await readOne(folder, file, spans)
    for (const [k, i] of members.entries()) found[i] = read?.[k]
  }
  await Promise.all([...byFile].map(([file, members]) => readFile(file, members)))
  return found
}

async function readOne(folder: Folder, file: string, spans: readonly BlockPlace[]) {
  const handle = await unlessMissing(folder.platform.files.open(blocksPath(folder, file), "r"))
  if (handle === undefined) return undefined
  try {
    return await readSpans(handle, spans)
  } finally {
    await handle.close()
  }
}

/** Removes files that no frame names any more. */
export async function removeBlocks(folder: Folder, names: Iterable<string>): Promise<void> {
  for (const file of names) await folder.platform.files.rm(blocksPath(folder, file), { force: true })
}
