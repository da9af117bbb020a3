/**
 * A file as a document has it. Owns: what is known of it without a look at its bytes, and the handles on those.
 * Invariant: bytes are read when they are asked for, chunk by chunk, and given only when they are what was put. Addresses that
 * were given for it end with it, or with the handle of its database. Must not know where bytes come from.
 */
import type { FileContent } from "@fixpoint/core/codec"
import type { Lane } from "../lane.ts"
import type { EndWith, FileReadOptions } from "./file-options.ts"

/** A file of a document. */
export class Attachment implements Disposable {
  readonly name: string
  readonly type: string
  /** In bytes. */
  readonly size: number
  /** The address of what is stored of it: sealed bytes, which say nothing of the file. */
  readonly cid: string
  readonly #content: FileContent
  readonly #lane: Lane
  readonly #endWith: EndWith
  readonly #ends = new Set<() => void>()

  constructor(content: FileContent, lane: Lane, endWith: EndWith) {
    const [cid, size, , , , type, name] = content
    this.name = name
    this.type = type
    this.size = size
    this.cid = cid
    this.#content = content
    this.#lane = lane
    this.#endWith = endWith
  }

  /** What a document stores of a file; undefined for what is none. */
  static contentOf(value: object): FileContent | undefined {
    return value instanceof Attachment ? value.#content : undefined
  }

  /** The bytes as a Blob of the file's type. Chunks are handed to the platform as they come, which may keep them on disk. */
  async blob(options: FileReadOptions = {}): Promise<Blob> {
    const { readChunks } = await import("./read-file.ts")
    const chunks: Blob[] = []
    for await (const chunk of readChunks(this.#lane, this.#content, options)) chunks.push(new Blob([chunk]))
    return new Blob(chunks, { type: this.type })
  }

  /** The bytes as they are asked for. */
  stream(options: FileReadOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const held: { chunks?: AsyncIterator<Uint8Array<ArrayBuffer>> } = {}
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
      const { readChunks } = await import("./read-file.ts")
      held.chunks ??= readChunks(this.#lane, this.#content, options)[Symbol.asyncIterator]()
      const { done, value } = await held.chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    }
    return new ReadableStream({ pull, cancel: async () => void (await held.chunks?.return?.()) }, { highWaterMark: 0 })
  }

  /** An address for `<img>`, `<video>` and links, until `close`, or until the handle of the database is closed. */
  async url(options: FileReadOptions = {}): Promise<string> {
    const url = URL.createObjectURL(await this.blob(options))
    const revoke = () => URL.revokeObjectURL(url)
    this.#ends.add(revoke)
    this.#endWith(revoke)
    return url
  }

  /** Calls `end` when the attachment is closed, or the handle of its database. */
  whenClosed(end: () => void): void {
    this.#ends.add(end)
  }

  /** Ends the addresses that were given. */
  close(): void {
    for (const end of this.#ends) end()
    this.#ends.clear()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** What is known of it, for logs and such. */
  toJSON(): object {
    const { name, type, size, cid } = this
    return { name, type, size, cid }
  }
}
