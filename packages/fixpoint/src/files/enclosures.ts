/**
 * The files among the values of documents that are being written. Owns: their puts, and what stands for each until it is put.
 * Invariant: a write that names a file goes to the engine when the file is there, and until it is answered the file is held.
 * Must not know how files are put (put-file.ts), which is loaded with the first one.
 */
import type { FileContent, FileValues } from "@fixpoint/core/codec"
import type { Lane } from "../lane.ts"
import { Attachment } from "./attachment.ts"
import type { EndWith } from "./file-options.ts"
import { isFileSource } from "./file-source.ts"

/** The files of one write. */
export class Enclosures implements FileValues {
  readonly #lane: Lane
  readonly #endWith: EndWith
  readonly #signal: AbortSignal | undefined
  readonly #puts: Promise<FileContent>[] = []

  constructor(lane: Lane, endWith: EndWith, signal?: AbortSignal) {
    this.#lane = lane
    this.#endWith = endWith
    this.#signal = signal
  }

  get isEmpty(): boolean {
    return this.#puts.length === 0
  }

  store(value: object): readonly unknown[] | undefined {
    const known = Attachment.contentOf(value)
    if (known !== undefined || !isFileSource(value)) return known
    const content: unknown[] = []
    const put = import("./put-file.ts").then(({ putFile }) => putFile(this.#lane, value, { signal: this.#signal }))
    this.#puts.push(put.then((file) => (content.push(...file), file)))
    return content
  }

  show(content: FileContent): Attachment {
    return new Attachment(content, this.#lane, this.#endWith)
  }

  /** Resolves when every file is put; when one is not, with its failure, once all have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#puts)
    await Promise.all(this.#puts)
  }

  /** The write was answered. */
  async release(): Promise<void> {
    if (this.isEmpty) return
    const { releaseFile } = await import("./put-file.ts")
    for (const put of await Promise.allSettled(this.#puts))
      if (put.status === "fulfilled") releaseFile(this.#lane, put.value)
  }
}
