/** What a file can be put from. Owns: how it is told from other values, in any realm. */

/** A file, a blob, or a stream of bytes, which is read once. */
export type FileSource = Blob | ReadableStream<Uint8Array>

/** Whether a value is one. */
export function isFileSource(value: unknown): value is FileSource {
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  return kind === "Blob" || kind === "File" || kind === "ReadableStream" || value instanceof Blob
}

/** What a file is called where its source does not say. */
export interface FileNames {
  readonly name?: string | undefined
  readonly type?: string | undefined
}

/** The name and the type of a file. */
export function namesOf(
  source: FileSource,
  { name, type }: FileNames,
): { readonly name: string; readonly type: string } {
  const own = source as Partial<File>
  return { name: name ?? own.name ?? "", type: type ?? own.type ?? "" }
}
