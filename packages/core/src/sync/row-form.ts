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
import { checkEncoded, parseDocumentText } from "../codec/document.ts"
import { collectionOfRowKey, idOfRowKey, rowKey } from "../codec/key.ts"
import { isForbiddenKey } from "../codec/path.ts"
import { checkCollection, checkId } from "../codec/value.ts"
import { splitCellKey } from "../crdt/cell-key.ts"
import { type ActorTable, documentTextOf, readMeta } from "../crdt/row.ts"
import type { PackedRows } from "./replica.ts"

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
export async function blocksToRows(
  compression: Compression,
  blocks: readonly Uint8Array[],
  actors: readonly string[],
): Promise<Row[]> {
  const table = actorTable(actors)
  const rows: Row[] = []
  for (const block of blocks) {
    const text = utf8Decode(await inflate(compression, block))
    readText(text, table, rows)
  }
  return rows
}

/** A table of known actors; a row that names another one is damaged. */
export function actorTable(actors: readonly string[]): ActorTable {
  return {
    indexOf: (actor) => actors.indexOf(actor),
    actorAt: (index) => actors[index] ?? refuse(),
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

function readText(text: string, table: ActorTable, rows: Row[]): void {
  const lines = text.split("\n")
  if (lines.length % 2 !== 0) refuse()
  let collection = ""
  for (let i = 0; i < lines.length; i += 2) {
    const place = parse(lines[i] as string)
    let id: unknown = place
    if (Array.isArray(place)) {
      collection = checkCollection(place[0])
      id = place[1]
    }
    const key = rowKey(checkCollection(collection), checkId(id))
    const row = lines[i + 1] as string
    checkRow(row, table)
    const before = rows.at(-1)
    if (before !== undefined && before[0] >= key) refuse()
    rows.push([key, row])
  }
}

/** Stops the reader unless this engine could have written the row. */
function checkRow(row: string, table: ActorTable): void {
  const document = documentTextOf(row)
  if (document !== "") parseDocumentText(document)
  const meta = row.slice(row.indexOf("\t") + 1)
  if (row.indexOf("\t") < 0 || meta.includes("\t") || exceedsUtf8(meta, limits.documentBytesMax)) refuse()
  parse(meta)
  const { newest, life, base, listed } = readMeta(row, table)
  for (const stamp of [newest, base, ...(life === 0 ? [] : [life])]) checkStamp(stamp, table)
  for (const [key, { stamp, value }] of listed) {
    checkStamp(stamp, table)
    if (value !== undefined) checkEncoded(value, key)
    if (splitCellKey(key).path.split(".").some(isForbiddenKey)) throw new FixpointError("KEY_FORBIDDEN")
  }
}

function checkStamp(stamp: readonly unknown[], table: ActorTable): void {
  if (stamp.length !== 2 || !Number.isSafeInteger(stamp[0]) || (stamp[0] as number) < 0) refuse()
  table.actorAt(stamp[1] as number)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FixpointError("BLOCK_CORRUPT", undefined, { details: { part: "row" }, cause })
  }
}

function refuse(): never {
  throw new FixpointError("BLOCK_CORRUPT", undefined, { details: { part: "row" } })
}
