/**
 * The check of losses that come with a run or a base (crdt/losses-form.ts has their form). Owns: what they may hold.
 * Invariant: what passes can be listed, joined and shown without a doubt, like a row that passes its check (row-check.ts).
 * Must not know where they come from.
 */
import { exceedsUtf8 } from "../base/bytes.ts"
import * as limits from "../base/limits.ts"
import { parseStamp } from "../clock/stamp.ts"
import { splitCellKey } from "../crdt/cell-key.ts"
import { checkCell, isCount, listIn, parseJson, refuseRow } from "./row-check.ts"

/** Stops the reader unless this engine could have told such losses. */
export function checkLosses(text: string): void {
  if (exceedsUtf8(text, limits.packBlockBytesMax)) refuseRow()
  const losses = parseJson(text)
  if (typeof losses !== "object" || losses === null) refuseRow()
  const { life, registers, documents } = losses as Readonly<Record<string, unknown>>
  checkLife(life)
  const [fields, wholes] = [listIn(registers), listIn(documents)]
  if (fields.length + wholes.length > limits.conflictsPerDocumentMax) refuseRow()
  for (const register of fields) {
    const [met, ...cell] = listIn(register)
    if (!isCount(met) || checkLost(cell) !== "") refuseRow()
  }
  for (const document of wholes) {
    const [met, of, lost, seen, ...more] = listIn(document)
    if (!isCount(met) || more.length > 0 || listIn(lost).length === 0) refuseRow()
    checkLife(of)
    for (const cell of [...listIn(lost), ...listIn(seen)]) checkLost(listIn(cell))
  }
}

function checkLife(life: unknown): void {
  if (life !== 0) checkStamp(life)
}

function checkStamp(stamp: unknown): void {
  if (typeof stamp !== "string" || parseStamp(stamp) === undefined) refuseRow()
}

/** Gives the kind of the cell. Signs and elements have no value but that they are there. */
function checkLost([key, stamp, value, ...more]: readonly unknown[]): string {
  if (typeof key !== "string" || more.length > 0) refuseRow()
  checkStamp(stamp)
  const { kind } = splitCellKey(key)
  const isThere = (kind === "o" || kind === "s") && value === true
  checkCell(key, false, isThere ? undefined : value)
  return kind
}
