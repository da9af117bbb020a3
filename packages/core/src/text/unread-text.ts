/**
 * A text that is handed on as it is stored. Owns: whether that may be done, and what is handed on.
 * A document of Yjs is made of a text only where something must be known of it, or changed in it: when a plain value is to begin it,
 * or was put over it. Whoever opens the text reads the updates anyway, within the same bounds (guarded-update.ts).
 * Must not know Yjs.
 */
import { type ActorId, compareStamps } from "../clock/stamp.ts"
import type { Cells, Life } from "../crdt/cells.ts"
import { type Chunk, chunksAt, newestOf, updateOf } from "../crdt/text-chunks.ts"
import type { Shown } from "./shown-text.ts"

/** A chunk that nobody here has read. */
export interface UnreadChunk {
  readonly chunk: Chunk
  readonly update: Uint8Array
}

/** What was handed on of a text, in the order in which it is quick to read. */
export interface UnreadText {
  /** Undefined where there is no document. */
  readonly life: Life | undefined
  readonly chunks: readonly UnreadChunk[]
}

/** What is to be handed on; undefined where the text has to be read first. `self` is the actor of this device. */
export function unreadText(
  { life, cells, shown }: { readonly life: Life; readonly cells: Cells; readonly shown: Shown | undefined },
  path: string,
  self: ActorId,
): UnreadText | undefined {
  const all = chunksAt(cells, path)
  if (shown !== undefined && (all.length === 0 || isPutOver(shown, all, self))) return undefined
  const chunks = all.sort((a, b) => a.number - b.number)
  try {
    return {
      life,
      chunks: chunks.flatMap((chunk) => (chunk.value === undefined ? [] : [{ chunk, update: updateOf(chunk.value) }])),
    }
  } catch {
    // Whoever reads it tells which of them is damaged.
    return undefined
  }
}

/** Whether a plain value of this device is newer than all that it wrote in a text. */
export function isPutOver({ stamp }: Shown, chunks: readonly Chunk[], self: ActorId): boolean {
  if (stamp.actor !== self) return false
  const newest = newestOf(chunks.filter(({ actor }) => actor === self))
  return newest === undefined || compareStamps(stamp, newest) > 0
}
