/**
 * A text that is loaded: one Yjs document, and what of it is stored. Owns: taking chunks in, and making chunks of what is new.
 * - Chunks that were handed on unread (unread-text.ts) become the document when it is first needed here, with the first write as a
 *   rule.
 * - A field that has a plain value and no chunk begins with an update made of that value and of the stamp that it was written
 *   under: every device makes the same bytes, so that they merge into one beginning.
 * - A plain value that this device wrote over a text later is an edit of the text that is still to be made. It is told from one
 *   that shows what the text holds by its stamp: with each of those a chunk of the same actor is written.
 * Invariant: the document has all chunks of the last row it was given but those that cannot be read, and nothing is ever taken
 * from it in one life of the stored document; what an earlier life held is not in a later one (INV-5). Whatever the document holds and no
 * chunk has stays pending until `stored`, also when storing it fails: what is typed next stands on it. Must not know storage or sessions.
 */
import * as Y from "yjs"
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { type ActorId, formatStamp, type Stamp } from "../clock/stamp.ts"
import type { CellKey } from "../crdt/cell-key.ts"
import { type Cell, type Cells, compareLives, type Life, type State } from "../crdt/cells.ts"
import type { TextType } from "../crdt/edit-target.ts"
import { type Chunk, chunkKey, chunksAt, chunkValue, updateOf } from "../crdt/text-chunks.ts"
import { applyBounded, applyGuarded } from "./guarded-update.ts"
import type { Shown } from "./shown-text.ts"
import { become, canBecome, plainValue, type RootType, rootOf } from "./text-type.ts"
import { leaveOnly, type TypedRange, TypedRanges } from "./typed-ranges.ts"
import { isPutOver, type UnreadChunk, type UnreadText } from "./unread-text.ts"

/** What a text is made with. */
export interface LoadedTextOptions {
  readonly path: string
  readonly type: TextType
  /** The name under which this engine edits: 53 random bits. */
  readonly client: number
  /** What was handed on to those who have the text open, and is to be read here when the document is first needed. */
  readonly handed?: UnreadText | undefined
  /** Told of each update that has come in, and by whom: undefined for chunks. */
  onUpdate(update: Uint8Array, by: unknown): void
  /** Told of a chunk that cannot be read; it is left out. */
  onDamaged(chunk: Chunk): void
}

/** The update of a document without anything. */
const nothingNew = (): Uint8Array => Y.encodeStateAsUpdateV2(new Y.Doc())

/** The name under which edits of the engine are made. */
const ownEdit = {}

/** The name under which chunks are read that were handed on before. */
const handedOn = {}

/** One loaded text. */
export class LoadedText {
  readonly #options: LoadedTextOptions
  readonly #taken = new Map<CellKey, string>()
  readonly #damaged = new Map<CellKey, string>()
  #read: Y.Doc
  /** Chunks that were taken in, and are not in the document yet. */
  #unread: readonly UnreadChunk[]
  /** Updates of this device that no chunk has. */
  #pending: readonly Uint8Array[] = []
  /** The one that the plain value was made into. */
  #beginning: Uint8Array | undefined
  /** Those that nobody has heard of. */
  readonly #untold: Uint8Array[] = []
  #isQuiet = false
  #life: Life | undefined
  #ranges: TypedRanges | undefined

  constructor(options: LoadedTextOptions) {
    this.#options = options
    this.#read = this.#newDoc()
    const { life, chunks } = options.handed ?? { life: undefined, chunks: [] }
    this.#life = life
    this.#unread = chunks
    for (const { chunk } of chunks) this.#taken.set(chunk.key, formatStamp(chunk.stamp))
  }

  /** Whether nobody has written in it yet. */
  get isEmpty(): boolean {
    return this.#taken.size === 0 && this.#unstored().length === 0
  }

  /** All there is, as one update. */
  state(): Uint8Array {
    return Y.encodeStateAsUpdateV2(this.#doc)
  }

  /** What the document is to show. Throws what `put` would throw of it. */
  plain(): Json {
    return plainValue(this.#doc, this.#options.type, this.#options.path)
  }

  /** Takes in what a row holds of the text. `self` is the actor of this device, whose chunks are not doubted. */
  take({ life, cells }: State, shown: Shown | undefined, self: ActorId): void {
    const { path, type } = this.#options
    const chunks = chunksAt(cells, path).sort((a, b) => a.number - b.number)
    const before = this.#life
    this.#life = life
    const isAnew = before !== undefined && compareLives(before, life) !== 0
    if (isAnew) this.#taken.clear()
    while (!chunks.every((chunk) => this.#takeChunk(chunk, self))) this.#reset()
    const begins = chunks.length === 0 && shown !== undefined && canBecome(type, shown.value)
    const beginning = begins ? this.#begin(shown) : undefined
    if (isAnew) this.#leaveEarlierLife(chunks, beginning)
  }

  /** The edit that makes the text what this device has put over it; undefined when it has not. The text stays as it is. */
  overwritten(cells: Cells, shown: Shown | undefined, self: ActorId): Uint8Array | undefined {
    const { path, type, client } = this.#options
    if (shown === undefined || !canBecome(type, shown.value)) return undefined
    const chunks = chunksAt(cells, path)
    if (chunks.length === 0 || !isPutOver(shown, chunks, self)) return undefined
    const draft = new Y.Doc()
    Y.applyUpdateV2(draft, this.state())
    draft.clientID = client
    const before = Y.encodeStateVector(draft)
    become(draft, type, shown.value)
    const update = Y.encodeStateAsUpdateV2(draft, before)
    draft.destroy()
    return update
  }

  /**
   * Takes an update of this device in, to be stored; `isWatched`: it may be taken back. Throws when it is not to be trusted; what it
   * did is gone with the next row then.
   */
  write(update: Uint8Array, by: unknown, isWatched: boolean): void {
    if (isWatched) (this.#ranges ??= new TypedRanges(this.#root())).watch(by)
    const [doc, wasWhole] = [this.#doc, this.#isWhole]
    const brought: Uint8Array[] = []
    const note = (part: Uint8Array): void => void brought.push(part)
    doc.on("updateV2", note)
    try {
      applyGuarded(doc, update, by)
    } catch (error) {
      this.#reset()
      throw error
    } finally {
      doc.off("updateV2", note)
    }
    // What the document has made of it is one piece where there were keystrokes, which whoever opens the text reads in a fraction
    // of the time. Of a write that is prepared once more, or of what was not stored, there is nothing left to bring.
    if (wasWhole && this.#isWhole) this.#pending = [...this.#pending, ...brought]
    else if (!this.#pending.includes(update)) this.#pending = [...this.#pending, update]
  }

  /** What was written since this was asked last, and may be taken back. */
  typed(): TypedRange[] {
    return this.#ranges?.taken() ?? []
  }

  /**
   * Takes back what was typed, and keeps that to be stored; gives what does it again, or undefined when nothing is left. Nobody
   * hears of it before `tell`.
   */
  turn(range: TypedRange): TypedRange | undefined {
    const { clientID } = this.#doc
    this.#doc.clientID = this.#options.client
    try {
      return this.#quietly(() => this.#ranges?.turn(range))
    } finally {
      this.#doc.clientID = clientID
    }
  }

  /** Takes an edit of this engine in, as `turn` does; gives what takes it back. */
  adopt(update: Uint8Array): readonly TypedRange[] {
    const edit = (): void => Y.applyUpdateV2(this.#doc, update, ownEdit)
    return this.#quietly(() => this.#ranges?.captured(ownEdit, edit) ?? [])
  }

  /** Tells what was turned and adopted. */
  tell(): void {
    const [first, ...rest] = this.#untold.splice(0)
    // In one, so that nobody sees what was turned and turned back.
    if (first !== undefined)
      this.#options.onUpdate(rest.length === 0 ? first : Y.mergeUpdatesV2([first, ...rest]), undefined)
  }

  /** Nothing that was typed so far is taken back any more. */
  forget(): void {
    this.#ranges = this.#ranges?.end()
  }

  /**
   * What is to be written: all that is pending, and `made`, which the document does not hold yet, in the chunks of `self`. With
   * `isShown`, at least one of them, as the plain value is written too.
   */
  draw(cells: Cells, made: Uint8Array | undefined, { self, stamp, isAtRest, isShown }: ChunkContext): Drawn {
    const { path } = this.#options
    const own = chunksAt(cells, path)
      .filter(({ actor, value }) => actor === self && value !== undefined)
      .sort((a, b) => a.number - b.number)
    const updates = this.#unstored()
    const added = made === undefined ? updates : [...updates, made]
    const mayFold = made === undefined && !own.some((chunk) => this.#isKnownDamaged(chunk)) && this.#isWhole
    if (mayFold && this.#isFoldDue(own, isAtRest)) return { cells: this.#folded(own, added, self, stamp), updates }
    if (added.length === 0 && !isShown) return { cells: [], updates }
    const within = this.#grownBy(own)
    const number = within[0]?.number ?? (own.at(-1)?.number ?? -1) + 1
    const parts = added.length === 0 ? [nothingNew()] : added
    const merged = Y.mergeUpdatesV2([...within.map(({ value = "" }) => updateOf(value)), ...parts])
    // What was too large to be stored, and was deleted since, is left out of a fold.
    if (mayFold && merged.length > limits.textUpdateBytesMax)
      return { cells: this.#folded(own, added, self, stamp), updates }
    const gone = within.slice(1).map(({ key }): [CellKey, Cell] => [key, { stamp }])
    return { cells: [[chunkKey(path, self, number), { stamp, value: checkedValue(merged) }], ...gone], updates }
  }

  /** It is stored: what was drawn is not pending any more, and what was made beside the text is in it. */
  stored({ cells, updates }: Drawn, made: Uint8Array | undefined): void {
    const isStored = (update: Uint8Array): boolean => updates.includes(update)
    this.#pending = this.#pending.filter((update) => !isStored(update))
    if (this.#beginning !== undefined && isStored(this.#beginning)) this.#beginning = undefined
    if (made !== undefined) Y.applyUpdateV2(this.#doc, made)
    for (const [key, { stamp }] of cells) this.#taken.set(key, formatStamp(stamp))
  }

  close(): void {
    this.#read.destroy()
  }

  /** The document, with all that was taken in. */
  get #doc(): Y.Doc {
    const unread = this.#unread
    this.#unread = []
    if (unread.length > 0) this.#readIn(unread)
    return this.#read
  }

  /** Whether all that its parts stand on is there. */
  get #isWhole(): boolean {
    const { pendingStructs, pendingDs } = this.#doc.store
    return pendingStructs === null && pendingDs === null
  }

  #unstored(): readonly Uint8Array[] {
    return this.#beginning === undefined ? this.#pending : [this.#beginning, ...this.#pending]
  }

  #root(): RootType {
    return rootOf(this.#doc, this.#options.type)
  }

  #newDoc(): Y.Doc {
    const doc = new Y.Doc()
    doc.on("updateV2", (update: Uint8Array, origin: unknown) => {
      // Whoever has the text open has it already.
      if (origin === handedOn) return undefined
      if (!this.#isQuiet) return this.#options.onUpdate(update, origin ?? undefined)
      this.#untold.push(update)
      this.#pending = [...this.#pending, update]
    })
    return doc
  }

  #quietly<T>(work: () => T): T {
    this.#isQuiet = true
    try {
      return work()
    } finally {
      this.#isQuiet = false
    }
  }

  #readIn(unread: readonly UnreadChunk[]): void {
    try {
      for (const { update } of unread) applyBounded(this.#read, update, handedOn)
    } catch {
      // Which of them it is shows when each is taken in by itself.
      do this.#reset()
      while (!unread.every(({ chunk }) => this.#takeChunk(chunk, undefined)))
    }
  }

  #isKnownDamaged({ key, stamp }: Chunk): boolean {
    return this.#damaged.get(key) === formatStamp(stamp)
  }

  #leaveOut(chunk: Chunk): void {
    this.#damaged.set(chunk.key, formatStamp(chunk.stamp))
    this.#options.onDamaged(chunk)
  }

  /** Gives whether the document is still to be trusted. */
  #takeChunk(chunk: Chunk, self: ActorId | undefined): boolean {
    const { key, value, stamp, actor } = chunk
    const version = formatStamp(stamp)
    if (value === undefined || this.#taken.get(key) === version || this.#isKnownDamaged(chunk)) return true
    try {
      const update = updateOf(value)
      if (actor === self) Y.applyUpdateV2(this.#doc, update)
      else applyGuarded(this.#doc, update, undefined)
      this.#taken.set(key, version)
      return true
    } catch {
      this.#leaveOut(chunk)
      return false
    }
  }

  /**
   * The document was made anew while the text was loaded: takes away what the new one does not have, and stores the rest with the
   * next write, as what is typed from here on stands beside it.
   */
  #leaveEarlierLife(chunks: readonly Chunk[], beginning: Uint8Array | undefined): void {
    const fresh = new Y.Doc()
    for (const { key, value } of chunks)
      if (value !== undefined && this.#taken.has(key)) Y.applyUpdateV2(fresh, updateOf(value))
    if (beginning !== undefined) Y.applyUpdateV2(fresh, beginning)
    const isSame = leaveOnly(this.#root(), fresh)
    fresh.destroy()
    if (isSame) return
    this.forget()
    this.#beginning = undefined
    this.#pending = [this.state()]
  }

  /** A beginning that is the same wherever it is made; undefined where there is nothing to begin with. */
  #begin({ value, stamp }: Shown): Uint8Array | undefined {
    const { type, path } = this.#options
    const doc = new Y.Doc()
    doc.clientID = clientOf(`${formatStamp(stamp)} ${path}`)
    become(doc, type, value)
    const update = Y.encodeStateAsUpdateV2(doc)
    doc.destroy()
    if (update.length <= nothingNew().length) return undefined
    Y.applyUpdateV2(this.#doc, update)
    this.#beginning = update
    return update
  }

  /** A document that has thrown is not to be trusted: the next row is taken in from its beginning. */
  #reset(): void {
    this.#read.destroy()
    this.#read = this.#newDoc()
    this.#unread = []
    this.#taken.clear()
    for (const update of this.#unstored()) Y.applyUpdateV2(this.#read, update)
    this.#ranges &&= new TypedRanges(this.#root(), this.#ranges)
  }

  /**
   * The chunks that go into the one to be written: the last one until it is long, and then none, until those at the end are together
   * what a full one is. So a batch writes little more than what was typed, and a text has few chunks.
   */
  #grownBy(own: readonly Chunk[]): readonly Chunk[] {
    const lengthOf = ({ value = "" }: Chunk): number => value.length
    const open = own.slice(
      own.findLastIndex((one) => this.#isKnownDamaged(one) || lengthOf(one) >= limits.textChunkChars) + 1,
    )
    const last = open.at(-1)
    if (last === undefined || lengthOf(last) < limits.textTailChars) return open.slice(-1)
    return open.reduce((sum, one) => sum + lengthOf(one), 0) < limits.textChunkChars ? [] : open
  }

  /** Chunks beside the first may grow until they are as much as it, and a tenth of it at rest. */
  #isFoldDue(own: readonly Chunk[], isAtRest: boolean): boolean {
    const [first, ...rest] = own
    const base = first?.number === 0 ? (first.value?.length ?? 0) : 0
    const tail = rest.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
    return isAtRest ? tail * 10 > base : tail > Math.max(base, limits.textChunkChars * 8)
  }

  /** All that this actor has written as one chunk, without what was deleted since. */
  #folded(own: readonly Chunk[], added: readonly Uint8Array[], self: ActorId, stamp: Stamp): [CellKey, Cell][] {
    const { path } = this.#options
    const mine = new Set<number>()
    const updates = [...own.flatMap(({ value }) => (value === undefined ? [] : [updateOf(value)])), ...added]
    for (const update of updates) for (const client of Y.parseUpdateMetaV2(update).to.keys()) mine.add(client)
    const others = new Map(
      [...Y.decodeStateVector(Y.encodeStateVector(this.#doc))].filter(([client]) => !mine.has(client)),
    )
    const update = Y.encodeStateAsUpdateV2(this.#doc, Y.encodeStateVector(others))
    const gone = own.filter(({ number }) => number !== 0).map(({ key }): [CellKey, Cell] => [key, { stamp }])
    return [[chunkKey(path, self, 0), { stamp, value: checkedValue(update) }], ...gone]
  }
}

/** A chunk that others would refuse is not written. */
function checkedValue(update: Uint8Array): string {
  const [size, max] = [update.length, limits.textUpdateBytesMax]
  if (size > max)
    throw new FixpointError("LIMIT_SIZE", `The text would have ${size} bytes.`, {
      details: { path: "update", size, max },
    })
  return chunkValue(update)
}

/** Whose chunks are written, and when. */
export interface ChunkContext {
  readonly self: ActorId
  readonly stamp: Stamp
  /** Whether nobody writes in the text just now. */
  readonly isAtRest: boolean
  /** Whether the plain value is written with them. */
  readonly isShown: boolean
}

/** What is to be written of a text, and the pending updates that are in it. */
export interface Drawn {
  readonly cells: readonly (readonly [CellKey, Cell])[]
  readonly updates: readonly Uint8Array[]
}

/** 53 bits of a text, well spread: the name of a writer that is the same wherever it is needed. */
function clientOf(text: string): number {
  let [low, high] = [0x811c9dc5, 0x9747b28c]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x85ebca6b)
    high ^= high >>> 13
  }
  return (low >>> 0) + ((high >>> 0) & 0x1fffff) * 0x1_0000_0000
}
