/**
 * A row: a document's state as text, "<document>\t<meta>". Owns: the form of the meta, which says what the document's text
 * does not: `[hlc, actor, life, base, items, group…]`, cut behind the last part that says something.
 * - hlc and actor are the newest stamp of the row. Stamps are `[hlc, actor]`, actors are indexes of an ActorTable.
 * - life is 0, 1 for "the base", or a stamp. base is a stamp, 0 for the newest: it is that of all the document shows and the
 *   meta does not list.
 * - items are the cells listed under the newest stamp, a group `[hlc, actor, item…]` those under another. An item is a key
 *   (its value is what the document shows there, or plain presence), `[key]` (no value) or `[key, value]`.
 * The document of a dead row is empty, its newest stamp is that of its death.
 * Invariant: a row has one tab and no line end. Must not know how cells merge or change.
 */
import type { Json } from "../base/json.ts"
import type { ActorId, Stamp } from "../clock/stamp.ts"
import type { CellKey } from "./cell-key.ts"

/** The numbers of actors in the rows of one database. An actor that is asked for gets one. */
export interface ActorTable {
  indexOf(actor: ActorId): number
  actorAt(index: number): ActorId
}

/** A stamp inside a row. */
export type RowStamp = readonly [hlc: number, actor: number]

/** A cell that the meta lists. */
export interface ListedCell {
  readonly stamp: RowStamp
  /** Whether its value is what the document shows at its path; of a sign or an element, whether it is there. */
  readonly shown: boolean
  readonly value?: Json
}

/** The meta of a row, read. */
export interface RowMeta {
  readonly newest: RowStamp
  readonly life: 0 | RowStamp
  readonly base: RowStamp
  readonly listed: ReadonlyMap<CellKey, ListedCell>
}

type Item = CellKey | readonly [CellKey, Json?]
type Group = readonly [hlc: number, actor: number, ...items: Item[]]
type MetaJson = readonly [hlc: number, actor: number, life?: 0 | 1 | RowStamp, base?: 0 | RowStamp, ...rest: unknown[]]

const nothingListed: ReadonlyMap<CellKey, ListedCell> = new Map()

/** The text of the document, empty when it is dead. */
export function documentTextOf(row: string): string {
  return row.slice(0, row.indexOf("\t"))
}

/** The greatest stamp of a row, without reading the rest. */
export function newestOf(row: string): RowStamp {
  const start = row.indexOf("\t") + 2
  const comma = row.indexOf(",", start)
  return [Number(row.slice(start, comma)), Number.parseInt(row.slice(comma + 1), 10)]
}

/** The meta of a row. */
export function readMeta(row: string, actors: ActorTable): RowMeta {
  const [hlc, actor, life = 0, base = 0, ...rest] = JSON.parse(row.slice(row.indexOf("\t") + 1)) as MetaJson
  const newest: RowStamp = [hlc, actor]
  const baseStamp = base === 0 ? newest : base
  const lifeStamp = life === 1 ? baseStamp : life
  if (rest.length === 0) return { newest, life: lifeStamp, base: baseStamp, listed: nothingListed }
  const listed = new Map<CellKey, ListedCell>()
  const [items, ...groups] = rest as [readonly Item[], ...Group[]]
  listItems(items, newest)
  for (const [groupHlc, groupActor, ...groupItems] of groups) listItems(groupItems, [groupHlc, groupActor])
  return { newest, life: lifeStamp, base: baseStamp, listed }

  function listItems(own: readonly Item[], stamp: RowStamp): void {
    for (const item of own) {
      if (typeof item === "string") listed.set(item, { stamp, shown: true })
      else listed.set(longKey(item[0], stamp, actors), listedCell(stamp, item[1]))
    }
  }
}

/** A row from a document's text and its meta. */
export function formatRow(documentText: string, meta: RowMeta, actors: ActorTable): string {
  const { newest, life, base, listed } = meta
  const parts: unknown[] = [newest[0], newest[1]]
  const lifePart = life === 0 ? 0 : sameStamp(life, base) ? 1 : life
  const basePart = sameStamp(base, newest) ? 0 : base
  if (listed.size > 0) parts.push(lifePart, basePart, ...groupsOf(meta, actors))
  else if (basePart !== 0) parts.push(lifePart, basePart)
  else if (lifePart !== 0) parts.push(lifePart)
  return `${documentText}\t${JSON.stringify(parts)}`
}

/** What a meta lists about a cell that the document does not show. */
export function listedCell(stamp: RowStamp, value: Json | undefined): ListedCell {
  return value === undefined ? { stamp, shown: false } : { stamp, shown: false, value }
}

/** Whether two stamps of rows of one database are the same. */
export function sameStamp(a: RowStamp, b: RowStamp): boolean {
  return a === b || (a[0] === b[0] && a[1] === b[1])
}

/** A stamp as it stands in rows. */
export function toRowStamp({ hlc, actor }: Stamp, actors: ActorTable): RowStamp {
  return [hlc, actors.indexOf(actor)]
}

/** A stamp of a row, by itself. */
export function fromRowStamp([hlc, actor]: RowStamp, actors: ActorTable): Stamp {
  return { hlc, actor: actors.actorAt(actor) }
}

/** Items under the newest stamp, then the groups of others. One stamp object stands for one group. */
function groupsOf({ newest, listed }: RowMeta, actors: ActorTable): unknown[] {
  const own: Item[] = []
  const groups = new Map<RowStamp, [number, number, ...Item[]]>()
  for (const [key, { stamp, shown, value }] of listed) {
    const item = itemOf(shortKey(key, stamp, actors), shown, value)
    const group = groups.get(stamp)
    if (group !== undefined) group.push(item)
    else if (sameStamp(stamp, newest)) own.push(item)
    else groups.set(stamp, [stamp[0], stamp[1], item])
  }
  return [own, ...groups.values()]
}

function itemOf(key: CellKey, shown: boolean, value: Json | undefined): Item {
  if (shown) return key
  return value === undefined ? [key] : [key, value]
}

/** A counter's part is nearly always of its stamp's actor, which is then left out of its key. */
function shortKey(key: CellKey, [, actor]: RowStamp, actors: ActorTable): CellKey {
  const at = key.indexOf("\0c")
  return at >= 0 && key.slice(at + 2) === actors.actorAt(actor) ? key.slice(0, at + 2) : key
}

/** No other key ends so: actors are not empty, and the JSON of an element holds no raw NUL. */
function longKey(key: CellKey, [, actor]: RowStamp, actors: ActorTable): CellKey {
  return key.endsWith("\0c") ? key + actors.actorAt(actor) : key
}
