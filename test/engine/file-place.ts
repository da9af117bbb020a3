/**
 * Files under test, as an engine has them without a page. Owns: how they are put, named and read, and what of them is on a disk.
 * Must not know what is tested.
 */
import type { Engine, MemoryDisk } from "@fixpoint/core"
import type { FileContent } from "@fixpoint/core/codec"

/** Bytes of a chunk. */
export const chunkBytes: number = 1024 * 1024

/** Segments of files begin here. */
const filesFrom = 2 ** 52

const sessions = { last: 0 }

/** A number that no other put has. */
export const newSession = (): number => ++sessions.last

/** Bytes that tell where they are: no two chunks are alike. */
export function bytesOf(count: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(count / 4))
  for (let i = 0, x = seed; i < words.length; i++) words[i] = x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
  return new Uint8Array(words.buffer, 0, count)
}

/** Asks the part that keeps files. */
export const ask = (engine: Engine, verb: string, ...args: readonly unknown[]): Promise<unknown> =>
  engine.part("files", verb, args)

/** Puts a file, which stays in hand. */
export async function putFile(engine: Engine, source: Blob, name = "f"): Promise<FileContent> {
  const put = (await ask(engine, "add", newSession(), source)) as Record<"cid" | "key" | "digest", string> &
    Record<"size" | "chunks", number>
  return [put.cid, put.size, put.chunks, put.key, put.digest, "t/t", name]
}

/** Stores a document that names files. */
export const nameFiles = (engine: Engine, id: string, ...files: readonly FileContent[]): Promise<unknown> => {
  const text = JSON.stringify({ files: files.map((file) => ({ $: ["f", file] })) })
  return engine.write([{ op: "put", collection: "docs", id, text }])
}

/** Puts a file, names it in a document, and lets go of it. */
export async function addFile(engine: Engine, id: string, bytes: Uint8Array<ArrayBuffer>): Promise<FileContent> {
  const file = await putFile(engine, new Blob([bytes]))
  await nameFiles(engine, id, file)
  await ask(engine, "release", file[0])
  return file
}

/** A chunk of a file. */
export const readChunk = (engine: Engine, file: FileContent, chunk: number): Promise<Uint8Array> =>
  ask(engine, "read", file, chunk) as Promise<Uint8Array>

/** All bytes of a file. */
export async function readFile(engine: Engine, file: FileContent): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let chunk = 0; chunk < file[2]; chunk++) chunks.push(await readChunk(engine, file, chunk))
  return Buffer.concat(chunks)
}

/** The keys of the pieces of files on a disk. */
export const piecesOn = ({ blocks }: MemoryDisk): number[] => [...blocks.keys()].filter((key) => key >= filesFrom)

/** Changes a bit of one piece of a file on a disk. */
export function flipOn({ blocks }: MemoryDisk, key: number): void {
  const flipped = Uint8Array.from(blocks.get(key) ?? [])
  flipped[flipped.length >> 1]! ^= 4
  blocks.set(key, flipped)
}
