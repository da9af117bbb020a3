/**
 * A text as a field of a stored document: reads and writes of it in the line of commits. Owns: the row after a write.
 * Invariant: a write stores the chunk and the plain value that the document shows in one record; what was read for it is of the
 * moment before that record, whatever other tabs do. Must not know sessions.
 */
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { nextHlc } from "../clock/hlc.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import type { Key } from "../codec/key.ts"
import { equalValues } from "../codec/order.ts"
import { readPath, splitPath } from "../codec/path.ts"
import { splitCellKey } from "../crdt/cell-key.ts"
import type { Cells, State } from "../crdt/cells.ts"
import type { TextType } from "../crdt/edit-target.ts"
import { editRow } from "../crdt/row-edit.ts"
import { rowView } from "../crdt/row-view.ts"
import { rowState, stateRow } from "../crdt/row-state.ts"
import { patchedDocument } from "../crdt/target.ts"
import { checkDocumentSize } from "../db/commit.ts"
import type { PartContext } from "../db/doors.ts"
import { asRefusal, type Moment, type PreparedJob } from "../db/line-job.ts"
import type { ChangedRow } from "../db/record.ts"
import { rowOf } from "../db/stored-row.ts"
import type { Drawn, LoadedText } from "./loaded-text.ts"
import type { Shown } from "./shown-text.ts"
import { type UnreadText, unreadText } from "./unread-text.ts"

/** Where a text is. */
export interface TextAddress {
  readonly key: Key
  readonly collection: string
  readonly id: string
  /** A path of stored keys. */
  readonly path: string
  readonly type: TextType
}

/** One write. */
export interface TextWrite {
  /** What was typed; undefined stores what is pending. */
  readonly update?: Uint8Array | undefined
  readonly by?: unknown
  /** Whether what was typed may be taken back. */
  readonly isWatched?: boolean
  /** Whether the document may be made. */
  readonly mayCreate: boolean
  readonly isAtRest: boolean
}

/** A field as it stands in a row. */
interface Standing extends State {
  readonly shown: Shown | undefined
}

/** A field as it stands in a row; undefined when there is no document. */
function standingIn(path: string, row: string | undefined, { ledger }: PartContext): Standing | undefined {
  const document = rowView(row)
  if (row === undefined || document === undefined) return undefined
  const state = rowState(row, ledger)
  return { ...state, shown: shownAt(state.cells, JSON.parse(document) as JsonObject, path) }
}

/** Takes a row in; undefined when there is no document. */
export function takeRow(
  { path }: TextAddress,
  text: LoadedText,
  row: string | undefined,
  context: PartContext,
): Standing | undefined {
  const standing = standingIn(path, row, context)
  if (standing !== undefined) text.take(standing, standing.shown, context.writer.self)
  return standing
}

/** What is stored of a text now. */
export interface FoundText {
  /** Whether there is a document. */
  readonly exists: boolean
  /** What can be handed on as it is; undefined where the text has to be read first. */
  readonly unread: UnreadText | undefined
}

/** Looks a text up without reading it. */
export async function findText({ key, path }: TextAddress, context: PartContext): Promise<FoundText> {
  const { writer } = context
  return await writer.run({
    durability: "relaxed",
    async prepare(at) {
      const [line] = await at.read([key])
      const standing = standingIn(path, rowOf(line), context)
      const unread = standing ? unreadText(standing, path, writer.self) : { life: undefined, chunks: [] }
      return { result: { exists: standing !== undefined, unread } }
    },
  })
}

/** Takes in what is stored now, with what was put over it. */
export async function readText(address: TextAddress, text: LoadedText, context: PartContext): Promise<void> {
  const { writer } = context
  const isOverwritten = await writer.run({
    durability: "relaxed",
    async prepare(at) {
      const [line] = await at.read([address.key])
      const standing = takeRow(address, text, rowOf(line), context)
      const over = standing && text.overwritten(standing.cells, standing.shown, writer.self)
      return { result: over !== undefined }
    },
  })
  if (isOverwritten) await writeText(address, text, { mayCreate: false, isAtRest: false }, context)
}

/**
 * Stores what is new in a text, and what the document is to show; gives the row that changed. What was put over the text comes
 * first. A text that is still being loaded holds its place in the line.
 */
export async function writeText(
  address: TextAddress,
  loading: LoadedText | Promise<LoadedText>,
  write: TextWrite,
  context: PartContext,
): Promise<ChangedRow | undefined> {
  const prepare = async (at: Moment) => await prepareWrite({ address, text: await loading, context }, write, at)
  for (;;) {
    const outcome = await context.writer.run<Outcome | FixpointError>({
      durability: "relaxed",
      prepare: (at) => prepare(at).catch(asRefusal),
    })
    if (outcome instanceof FixpointError) throw outcome
    const { drawn, made, row } = outcome
    ;(await loading).stored(drawn, made)
    if (made === undefined) return row
  }
}

interface Outcome {
  readonly drawn: Drawn
  /** The edit that was made of a value put over the text; then nothing else was written. */
  readonly made?: Uint8Array
  readonly row?: ChangedRow
}

/** A text, and where it is. */
export interface Field {
  readonly address: TextAddress
  readonly text: LoadedText
  readonly context: PartContext
}

async function prepareWrite(field: Field, write: TextWrite, at: Moment): Promise<PreparedJob<Outcome>> {
  const { address, text, context } = field
  const { ledger, writer } = context
  const { update, by, isWatched = false, mayCreate, isAtRest } = write
  const { self } = writer
  const { key, collection, id } = address
  const [line] = await at.read([key])
  const before = rowOf(line)
  const standing = takeRow(address, text, before, context)
  if (standing === undefined && !mayCreate)
    throw new FixpointError("NOT_FOUND", "The document of this text is not there any more.")
  const stamp: Stamp = { hlc: nextHlc(ledger.hlc, at.nowMs), actor: self }
  const changed = (after: string): ChangedRow => ({ key, collection, id, before, after })
  const record = (row: ChangedRow) => ({ rows: [row], hlc: stamp.hlc })
  const made = standing && text.overwritten(standing.cells, standing.shown, self)
  if (made !== undefined && before !== undefined) {
    const state = rowState(before, ledger)
    const drawn = text.draw(state.cells, made, { self, stamp, isAtRest: false, isShown: false })
    return { result: { drawn, made }, record: record(changed(stateRow(withCells(state, drawn), ledger))) }
  }
  if (update !== undefined) text.write(update, by, isWatched)
  const { row: after, drawn } = rowHolding(field, before, { stamp, isAtRest })
  if (after === before) return { result: { drawn } }
  const row = changed(after)
  return { result: { drawn, row }, record: record(row) }
}

/** A row with what a text holds: its chunks, and what the document shows of it. */
export function rowHolding(
  { address, text, context }: Field,
  before: string | undefined,
  { stamp, isAtRest }: Pick<TextWrite, "isAtRest"> & { readonly stamp: Stamp },
): { readonly row: string; readonly drawn: Drawn } {
  const { ledger, writer, specs } = context
  const { collection, path } = address
  const fields = specs.get(collection)?.fields ?? {}
  const shown = rowShowing(before, path, text.plain(), { stamp, actors: ledger, fields })
  const state = rowState(shown, ledger)
  const drawn = text.draw(state.cells, undefined, { self: writer.self, stamp, isAtRest, isShown: shown !== before })
  const row = drawn.cells.length === 0 ? shown : stateRow(withCells(state, drawn), ledger)
  if (row !== before) checkDocumentSize(row)
  return { row, drawn }
}

/** The row whose document shows a value at a path; a document that is not there is made as `put` would. */
function rowShowing(
  row: string | undefined,
  path: string,
  value: Json,
  context: Parameters<typeof editRow>[2],
): string {
  const document = rowView(row)
  if (document === undefined)
    return editRow(row, { op: "put", text: JSON.stringify(patchedDocument({}, [[path, value]])) }, context)
  const now = readPath(JSON.parse(document) as JsonObject, splitPath(path))
  const isSame = now !== undefined && equalValues(now, value)
  return isSame ? (row ?? "") : editRow(row, { op: "patch", entries: [[path, value]] }, context)
}

function withCells({ life, cells }: State, drawn: Drawn): State {
  return { life, cells: new Map([...cells, ...drawn.cells]) }
}

/** What the document shows at a path, with the newest stamp of a register there or below. */
function shownAt(cells: Cells, document: JsonObject, path: string): Shown | undefined {
  const value = readPath(document, splitPath(path))
  if (value === undefined) return undefined
  let newest: Stamp | undefined
  for (const [key, { stamp }] of cells) {
    const cell = splitCellKey(key)
    const isHere = cell.kind !== "y" && (cell.path === path || cell.path.startsWith(`${path}.`))
    if (isHere && (newest === undefined || compareStamps(stamp, newest) > 0)) newest = stamp
  }
  return newest && { value, stamp: newest }
}
