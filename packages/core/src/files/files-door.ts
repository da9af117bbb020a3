/**
 * Files as the page asks for them. Owns: the puts under way, the files that the page has in hand, and the readers.
 * Invariant: a file is in hand from its row until the page releases it: until then it is not collected, named or not. Bytes cross
 * chunk by chunk, each asked for or waited for. Must not know documents.
 */
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import { type FileContent, isFileContent } from "../codec/file-content.ts"
import type { Door, PartContext } from "../db/doors.ts"
import type { Derived } from "../db/derived-table.ts"
import { historyBy } from "../db/kept-history.ts"
import { collectFiles } from "./collect-files.ts"
import type { FileContext } from "./file-context.ts"
import { FileReader } from "./file-reader.ts"
import { FileWriter, type PutFile } from "./file-writer.ts"
import { NamedFiles } from "./named-files.ts"
import { Owner } from "./owner.ts"

/** Readers that are kept: each holds the index of its file. */
const readersMax = 8

/**
 * Verbs: add(session, blob); begin(session), push(session, chunk), end(session); cancel(session); read(content, chunk),
 * measure(content); release(cid); collect(retentionMs); unnamed(cids, isAnywhere).
 */
export function openFiles(context: PartContext): Door {
  return new FilesDoor(context)
}

class FilesDoor implements Door {
  readonly #context: FileContext
  readonly #names: NamedFiles
  readonly #puts = new Map<number, FileWriter>()
  readonly #readers = new Map<string, FileReader>()
  readonly #held = new Map<string, number>()
  /** Puts whose file may have its row already, and is not in hand yet. */
  #ending = 0
  #collecting: Promise<void> | undefined

  constructor(context: PartContext) {
    this.#context = { ...context, owner: new Owner(context.host) }
    this.#names = new NamedFiles(context.lsm)
  }

  async call(verb: string, [subject, argument]: readonly unknown[]): Promise<unknown> {
    switch (verb) {
      case "read":
        return await this.#reader(subject).chunk(chunkOf(subject as FileContent, argument))
      case "measure":
        return await this.#reader(subject).chunkBytes()
      case "release":
        return this.#release(subject)
      case "collect":
        return await this.#collect(Number(subject))
      case "unnamed":
        if (!Array.isArray(subject)) throw refused("file")
        return await this.#unnamed(subject as readonly string[], argument === true)
      default:
        if (typeof subject !== "number") throw refused("session")
        return await this.#put(verb, subject, argument)
    }
  }

  applied(entry: Parameters<NonNullable<Door["applied"]>>[0]): void {
    this.#names.applied(entry)
  }

  restarted(): void {
    this.#names.restarted()
    this.#readers.clear()
  }

  close(): void {
    this.#context.owner.end()
  }

  async #put(verb: string, session: number, argument: unknown): Promise<unknown> {
    if (verb === "add") return await this.#add(session, argument)
    if (verb === "begin") {
      await this.#begin(session)
      return limits.fileChunkBytes
    }
    const put = this.#puts.get(session)
    if (verb === "cancel") return await this.#cancel(session)
    if (put === undefined) throw new FixpointError("CLOSED", "The put of a file has ended.")
    if (verb === "end") return await this.#end(session, put)
    if (verb !== "push" || !(argument instanceof Uint8Array)) throw refused(verb === "push" ? "chunk" : "verb")
    return await put.push(argument)
  }

  /** A whole file that can be read here, a chunk at a time. */
  async #add(session: number, source: unknown): Promise<PutFile> {
    if (!(source instanceof Blob)) throw refused("source")
    if (source.size > limits.fileBytesMax)
      throw new FixpointError("LIMIT_SIZE", "A file is too large.", { details: { max: limits.fileBytesMax } })
    const put = await this.#begin(session)
    try {
      for (let from = 0; from < source.size; from += limits.fileChunkBytes) {
        await put.push(new Uint8Array(await source.slice(from, from + limits.fileChunkBytes).arrayBuffer()))
        if (this.#puts.get(session) !== put) throw new FixpointError("ABORTED")
        this.#context.tell({ event: "part", session, body: put.size })
      }
    } catch (error) {
      await this.#cancel(session)
      throw error
    }
    return await this.#end(session, put)
  }

  async #begin(session: number): Promise<FileWriter> {
    const put = await FileWriter.create(this.#context)
    // Before its row is there: no collection may come between the two.
    this.#puts.set(session, put)
    await put.start()
    return put
  }

  async #end(session: number, put: FileWriter): Promise<PutFile> {
    this.#ending++
    try {
      const file = await put.end()
      this.#held.set(file.cid, (this.#held.get(file.cid) ?? 0) + 1)
      return file
    } finally {
      this.#ending--
      this.#puts.delete(session)
    }
  }

  async #cancel(session: number): Promise<void> {
    const put = this.#puts.get(session)
    this.#puts.delete(session)
    await put?.cancel()
  }

  #release(cid: unknown): void {
    const left = (this.#held.get(cid as string) ?? 0) - 1
    if (left > 0) this.#held.set(cid as string, left)
    else this.#held.delete(cid as string)
  }

  #reader(content: unknown): FileReader {
    if (!isFileContent(content)) throw refused("file")
    const name = JSON.stringify(content)
    let reader = this.#readers.get(name)
    this.#readers.delete(name)
    reader ??= new FileReader(this.#context, content)
    this.#readers.set(name, reader)
    for (const oldest of this.#readers.keys()) {
      if (this.#readers.size <= readersMax) break
      this.#readers.delete(oldest)
    }
    return reader
  }

  /** Those of CIDs that nothing names here; or anywhere: where a past is kept for good, another device may have more of it. */
  async #unnamed(cids: readonly string[], isAnywhere: boolean): Promise<readonly string[]> {
    const { ledger, horizon, writer } = this.#context
    const isForGood = ({ definition: { by, of } }: Derived): boolean => by === historyBy && horizon(of) === 0
    if (isAnywhere && ledger.derived.list().some(isForGood)) return []
    await writer.catchUp()
    while (!this.#names.isKnown) await this.#names.load()
    return cids.filter((cid) => !this.#names.has(cid))
  }

  async #collect(retentionMs: number): Promise<void> {
    if (!(retentionMs >= 0)) throw refused("retentionMs")
    await this.#collecting?.catch(() => undefined)
    const uses = {
      names: this.#names,
      isHeld: (cid: string) =>
        this.#ending > 0 ||
        this.#held.has(cid) ||
        [...this.#context.writer.witnesses].some((witness) => witness.mayName?.(cid) === true),
      isBeingPut: (segment: number) => [...this.#puts.values()].some((put) => put.segment === segment),
    }
    this.#collecting = collectFiles(this.#context, uses, retentionMs)
    await this.#collecting
    this.#readers.clear()
  }
}

function chunkOf([, , chunks]: FileContent, index: unknown): number {
  if (Number.isInteger(index) && (index as number) >= 0 && (index as number) < chunks) return index as number
  throw refused("chunk")
}

function refused(path: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `Files were asked without a valid ${path}.`, { details: { path } })
}
