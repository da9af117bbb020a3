/**
 * What a database keeps of its sync beside its documents. Owns: the stored rows of the key space's part "sync", and their
 * form: `state` (JSON of `StoredState`), `memory` and `note/<remote>` (JSON as the machine gave it), and
 * `out/<number>/<piece>` (base64 of an outgoing pack's content, cut into pieces that fit a block).
 * Invariant: the state names every other row, and changes with each of them, so that its revision tells of them all.
 * Must not know what the protocol makes of it.
 */
import { type Bytes, fromBase64, toBase64 } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { JsonObject } from "../base/json.ts"
import type { ActorId } from "../clock/stamp.ts"
import { type Key, systemKey } from "../codec/key.ts"
import type { Entry } from "../lsm/wal.ts"
import type { Heads, Incarnation, ProtocolChange } from "../sync/replica.ts"
import type { Ended } from "./shared-past.ts"

/** What is stored of an incarnation. */
export interface StoredIncarnation {
  readonly actor: ActorId
  /** Base64. */
  readonly secret: string
}

/** The row `state`. */
export interface StoredState {
  readonly v: 1
  readonly revision: number
  readonly incarnation?: StoredIncarnation
  readonly heads: Heads
  /** The log records up to this one hold no write of this device that no cut has. */
  readonly cutThrough: number
  /** Whether the writes of the incarnation in force wait to be made again; none of them was ever sent. */
  readonly isVoid: boolean
  /** Only while they wait: the actor that published before. */
  readonly ended?: Ended | undefined
  /** The remotes that have a note. */
  readonly notes: readonly string[]
  readonly outbox: readonly StoredPack[]
  /** The number of the next outgoing pack. */
  readonly nextPack: number
}

/** An outgoing pack in the state: its content is a row of its own. */
export interface StoredPack {
  readonly number: number
  readonly actor: ActorId
  readonly lo: number
  readonly hi: number
  /** The hash of its chain at `hi`. Earlier versions did not store it beside the content. */
  readonly hash?: string | undefined
  /** How many rows its content has. */
  readonly pieces: number
}

/** A pack's content is cut at so many characters. */
const pieceChars = 1024 * 1024

const part = "sync"

/** The key of the row `state`. */
export const stateKey: Key = systemKey(part, "state")

const memoryKey = systemKey(part, "memory")
const noteKey = (remote: string): Key => systemKey(part, `note/${remote}`)
const packKeys = ({ number, pieces }: StoredPack): Key[] =>
  Array.from({ length: pieces }, (_, piece) => systemKey(part, `out/${number}/${piece}`))

/** A database that has never been synced. */
const noState: StoredState = {
  v: 1,
  revision: 0,
  heads: {},
  cutThrough: 0,
  isVoid: false,
  notes: [],
  outbox: [],
  nextPack: 1,
}

/** The state of a stored line. */
export function readState(line: string | undefined): StoredState {
  if (line === undefined) return noState
  const state = JSON.parse(line) as StoredState
  if (state.v === 1) return state
  throw new FixpointError("FORMAT_TOO_NEW", undefined, { details: { part: "sync", v: state.v as number } })
}

/** A pack that leaves the line, and its rows. */
export function packEntries(
  pack: Omit<StoredPack, "pieces">,
  content: Uint8Array,
): { readonly pack: StoredPack; readonly entries: readonly Entry[] } {
  const text = toBase64(content)
  const stored = { ...pack, pieces: Math.max(1, Math.ceil(text.length / pieceChars)) }
  const entryOf = (key: Key, i: number): Entry => [key, text.slice(i * pieceChars, (i + 1) * pieceChars)]
  return { pack: stored, entries: packKeys(stored).map(entryOf) }
}

/** The bound incarnation of a state. */
export function incarnationOf({ incarnation }: StoredState): Incarnation | undefined {
  return incarnation && { actor: incarnation.actor, secret: fromBase64(incarnation.secret) }
}

/** What is stored beside the state. */
export interface StoredMemory {
  readonly memory: JsonObject | undefined
  readonly notes: Readonly<Record<string, JsonObject>>
}

type ReadRows = (keys: readonly Key[]) => Promise<readonly (string | undefined)[]>

/** Reads the rows that a state names, but for contents. */
export async function readMemory({ notes }: StoredState, read: ReadRows): Promise<StoredMemory> {
  const [memory, ...rest] = await read([memoryKey, ...notes.map(noteKey)])
  return {
    memory: memory === undefined ? undefined : (JSON.parse(memory) as JsonObject),
    notes: Object.fromEntries(notes.map((remote, i) => [remote, JSON.parse(present(rest[i])) as JsonObject])),
  }
}

/** Reads the content of a pack that a state names. */
export async function readContent(pack: StoredPack, read: ReadRows): Promise<Bytes> {
  return fromBase64((await read(packKeys(pack))).map(present).join(""))
}

function present(line: string | undefined): string {
  if (line !== undefined) return line
  throw new FixpointError("BLOCK_CORRUPT", "A row is missing that the state of sync names.")
}

/** The rows of a change, and the state that goes with them. */
export function changedState(
  state: StoredState,
  { memory, notes = {}, delivered = [] }: ProtocolChange,
): { readonly state: StoredState; readonly entries: readonly Entry[] } {
  const entries: Entry[] = []
  if (memory !== undefined) entries.push([memoryKey, JSON.stringify(memory)])
  const names = new Set(state.notes)
  for (const [remote, note] of Object.entries(notes)) {
    entries.push([noteKey(remote), note === null ? null : JSON.stringify(note)])
    if (note === null) names.delete(remote)
    else names.add(remote)
  }
  const isDelivered = (pack: StoredPack) => delivered.some(({ actor, lo }) => actor === pack.actor && lo === pack.lo)
  const [outbox, removed] = withoutPacks(state.outbox, isDelivered)
  return { state: { ...state, notes: [...names], outbox }, entries: [...entries, ...removed] }
}

/** An outbox without some of its packs, and the removal of their rows. */
export function withoutPacks(
  outbox: readonly StoredPack[],
  isGone: (pack: StoredPack) => boolean,
): readonly [outbox: readonly StoredPack[], removed: readonly Entry[]] {
  const removed = outbox.filter(isGone).flatMap((pack) => packKeys(pack).map((key): Entry => [key, null]))
  return [outbox.filter((pack) => !isGone(pack)), removed]
}

/** A state's row, under the next revision. */
export function stateEntry(state: StoredState): Entry {
  return [stateKey, JSON.stringify({ ...state, revision: state.revision + 1 })]
}
