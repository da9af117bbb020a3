/**
 * What users of simulated engines do with files: they attach small ones, of few contents, so that one content is often there already.
 * Owns: the contents, and how a file is put and read. Must not know what goes wrong.
 */
import type { Engine } from "@fixpoint/core"
import type { FileContent } from "@fixpoint/core/codec"

const contents = ["a photograph", "a letter", "a song"]

const ask = (engine: Engine, verb: string, ...args: readonly unknown[]): Promise<unknown> =>
  engine.part("files", verb, args)

/** A file to put. */
export interface Attachment {
  /** Which content; any number. */
  readonly content: number
  readonly name: string
  /** A number that no other put of the engine has. */
  readonly session: number
}

/** Puts a file, and has a document name it; ends once that is stored. */
export async function attach(
  engine: Engine,
  { content, name, session }: Attachment,
  nameIn: (value: { readonly $: readonly ["f", FileContent] }) => Promise<unknown>,
): Promise<void> {
  const bytes = new TextEncoder().encode(contents[content % contents.length])
  await ask(engine, "begin", session)
  await ask(engine, "push", session, bytes)
  const put = (await ask(engine, "end", session)) as Record<"cid" | "key" | "digest", string> &
    Record<"size" | "chunks", number>
  const { cid, size, chunks, key, digest } = put
  await nameIn({ $: ["f", [cid, size, chunks, key, digest, "text/plain", name]] })
  await ask(engine, "release", cid)
}

/** Removes the files that nothing names. */
export async function letGo(engine: Engine): Promise<void> {
  await ask(engine, "collect", 0)
}

/** The files that a document names. */
export function attachedTo(document: object): FileContent[] {
  return Object.values(document).flatMap((value: unknown) => {
    const [kind, content] = (value as { readonly $?: readonly [string, FileContent] } | null)?.$ ?? []
    return kind === "f" && content !== undefined ? [content] : []
  })
}

/** Whether what a file holds is what somebody has put. */
export async function isAsPut(engine: Engine, file: FileContent): Promise<boolean> {
  const bytes = (await ask(engine, "read", file, 0)) as Uint8Array
  return contents.includes(new TextDecoder().decode(bytes))
}
