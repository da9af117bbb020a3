/**
 * Rows inside blocks of packs. Owns: their text form, and the check of rows that come from outside.
 * A block is deflated text, two lines for each row: its place, and the row. A place is `["collection","id"]`, or `"id"` when
 * the collection is that of the row before.
 * Invariant: what is read is in the order of keys, and each row is one that this engine could have written: its document
 * within the limits, without keys that reach a prototype. Must not know what blocks are sealed with.
 */
import { exceedsUtf8, utf8Decode, utf8Encode } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Compression } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { parseDocumentText } from "../codec/document.ts"
import { collectionOfRowKey, idOfRowKey, rowKey } from "../codec/key.ts"
import { checkCollection, checkId } from "../codec/value.ts"
import type { ActorTable } from "../crdt/row.ts"
import type { PackedRows } from "./replica.ts"
import { checkMeta, parseJson, refuseRow } from "./row-check.ts"

type Row = PackedRows["rows"][number]

/** The deflated blocks of rows. */
export function rowsToBlocks(compression: Compression, rows: readonly Row[]): Promise<Uint8Array[]> {
  return Promise.all(rowTexts(rows).map((text) => compression.deflate(utf8Encode(text))))
}

/** The text of each block. It depends on the rows alone, so that it can be hashed for them. */
export function rowTexts(rows: readonly Row[]): string[] {
  const texts: string[] = []
  let lines: string[] = []
  let chars = 0
  let last = ""
  const end = (): void => {
    texts.push(lines.join("\n"))
    lines = []
    chars = 0
    last = ""
  }
  for (const [key, row] of rows) {
    const collection = collectionOfRowKey(key)
    const id = idOfRowKey(key)
    if (chars > 0 && chars + row.length > limits.packBlockBytes) end()
    lines.push(JSON.stringify(collection === last ? id : [collection, id]), row)
    chars += row.length + id.length
    last = collection
  }
  if (lines.length > 0) end()
  return texts
}

/** The rows of blocks, checked. */
export function blocksToRows(
  compression: Compression,
  blocks: readonly Uint8Array[],
  actors: readonly string[],
): Promise<Row[]> {
  const table = actorTable(actors)
  return checkedRows(compression, blocks, (row) => checkRow(row, table))
}

/** What is beside rows in blocks of the same form, each checked by `check`. */
export async function checkedRows(
  compression: Compression,
  blocks: readonly Uint8Array[],
  check: (row: string) => void,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const block of blocks) readText(textOf(await inflate(compression, block)), check, rows)
  return rows
}

/** A table of known actors; a row that names another one is damaged. */
export function actorTable(actors: readonly string[]): ActorTable {
  return {
    indexOf: (actor) => actors.indexOf(actor),
    actorAt: (index) => actors[index] ?? refuseRow(),
  }
}

async function inflate(compression: Compression, block: Uint8Array): Promise<Uint8Array> {
  try {
    return await compression.inflate(block, limits.packBlockBytesMax)
  } catch (cause) {
    if (cause instanceof FixpointError) throw cause
    throw new FixpointError("BLOCK_CORRUPT", undefined, { details: { part: "deflate" }, cause })
  }
}

function textOf(block: Uint8Array): string {
  try {
    return utf8Decode(block)
  } catch (cause) {
    return refuseRow(cause)
  }
}

function readText(text: string, check: (row: string) => void, rows: Row[]): void {
  const lines = text.split("\n")
  if (lines.length % 2 !== 0) refuseRow()
  let collection = ""
  for (let i = 0; i < lines.length; i += 2) {
    const place = parseJson(lines[i] as string)
    let id: unknown = place
    if (Array.isArray(place)) {
      collection = checkCollection(place[0])
      id = place[1]
    }
    const key = rowKey(checkCollection(collection), checkId(id))
    const row = lines[i + 1] as string
    check(row)
    const before = rows.at(-1)
    if (before !== undefined && before[0] >= key) refuseRow()
    rows.push([key, row])
  }
}

/** Stops the reader unless this engine could have written the row. */
function checkRow(row: string, table: ActorTable): void {
  const tab = row.indexOf("\t")
  const meta = row.slice(tab + 1)
  if (tab < 0 || meta.includes("\t") || exceedsUtf8(meta, limits.documentBytesMax)) refuseRow()
  if (tab > 0) parseDocumentText(row.slice(0, tab))
  checkMeta(parseJson(meta), table)
}
