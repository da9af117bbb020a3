/**
 * What a journal says when its frames are taken together: where everything is that the store holds. Owns: the meaning of a
 * frame, and the checks of a change.
 * Invariant: the state is a function of the frames that count, in their order. It names places, and holds no bytes.
 * Must not know files.
 */
import type { BlockList, Directory, Frame } from "./fs-frame.ts"
import type { Identity, StoreChange } from "./store.ts"

/** A run of bytes in the journal file. */
export interface Span {
  readonly at: number
  readonly length: number
}

/** A run of bytes in a file of blocks. */
export interface BlockPlace extends Span {
  readonly file: string
}

/** The state after a frame. */
export interface FsState {
  /** Number and place of the newest frame; 0 before the first. */
  seq: number
  at: number
  identity: Identity | undefined
  keys: Span | undefined
  manifest: (Span & { readonly version: number }) | undefined
  /** By number, ascending. */
  records: (Span & { readonly n: number })[]
  readonly segments: Map<number, Map<number, BlockPlace>>
  /** The generation that the journal goes on in, once it is known. */
  next: number | undefined
}

/** The state before any frame. */
export function emptyState(): FsState {
  return {
    seq: 0,
    at: 0,
    identity: undefined,
    keys: undefined,
    manifest: undefined,
    records: [],
    segments: new Map(),
    next: undefined,
  }
}

/** Number of the newest record. */
export const headOf = ({ records }: FsState): number => records.at(-1)?.n ?? 0

/** Whether a change follows the state, or comes second to another one. */
export function follows(state: FsState, { append, manifest }: Pick<StoreChange, "append" | "manifest">): boolean {
  if (append !== undefined && append.n !== headOf(state) + 1) return false
  return manifest === undefined || manifest.version === (state.manifest?.version ?? 0) + 1
}

/** Makes the state that of the frame, which is the next one. */
export function applyFrame(state: FsState, { seq, at, bodyAt, directory }: Frame): void {
  state.seq = seq
  state.at = at
  let place = bodyAt
  const take = (length: number): Span => {
    const span = { at: place, length }
    place += length
    return span
  }
  const { identity, records = [], manifest, keys, files = [], trim = 0, drop = [], next } = directory
  for (const [n, length] of records) state.records.push({ n, ...take(length) })
  if (manifest !== undefined) state.manifest = { version: manifest[0], ...take(manifest[1]) }
  if (keys !== undefined) state.keys = take(keys)
  if (identity !== undefined) state.identity = identity
  for (const list of files) addBlocks(state, list)
  for (const segment of drop) state.segments.delete(segment)
  const kept = Math.min(trim + 1, headOf(state))
  if (trim > 0) state.records = state.records.filter(({ n }) => n >= kept)
  state.next = next
}

function addBlocks({ segments }: FsState, { file, blocks }: BlockList): void {
  for (const [segment, index, at, length] of blocks) {
    const indexes = segments.get(segment) ?? new Map<number, BlockPlace>()
    segments.set(segment, indexes.set(index, { file, at, length }))
  }
}

/** The files that have a block which is needed. */
export function filesOf({ segments }: FsState): Set<string> {
  return new Set([...segments.values()].flatMap((indexes) => [...indexes.values()].map(({ file }) => file)))
}

/** Bytes that a journal with nothing but this state would have, about. */
export function sizeOf({ records, manifest, keys, segments }: FsState): number {
  const bytesPerName = 32
  const names = records.length + [...segments.values()].reduce((sum, indexes) => sum + indexes.size, 0)
  const spans = [...records, manifest, keys]
  return spans.reduce((sum, span) => sum + (span?.length ?? 0), names * bytesPerName)
}

/** The state as one frame's directory, and the spans whose bytes are its body. */
export function snapshotOf(state: FsState, by: string): { directory: Directory; spans: Span[] } {
  const { identity, records, manifest, keys, segments } = state
  const lists = new Map<string, BlockList["blocks"][number][]>()
  for (const [segment, indexes] of segments)
    for (const [index, { file, at, length }] of indexes) {
      const list = lists.get(file) ?? []
      list.push([segment, index, at, length])
      lists.set(file, list)
    }
  const directory: Directory = {
    by,
    ...(identity && { identity }),
    records: records.map(({ n, length }) => [n, length]),
    ...(manifest && { manifest: [manifest.version, manifest.length] as const }),
    ...(keys && { keys: keys.length }),
    files: [...lists].map(([file, blocks]) => ({ file, blocks })),
  }
  return { directory, spans: [...records, manifest, keys].filter((span) => span !== undefined) }
}
