/**
 * The document that a state shows. Owns: what is shown where cells of several kinds meet.
 * - An object is shown where cells lie below a path, even if all of them are deletions, or where its sign stands.
 * - Where an object, a counter, a set and siblings meet, which takes writers that had not seen each other, the one touched last is
 *   shown. Each of them is shown before a register, which is the number or list that was there before.
 * Invariant: the document is a function of the cells alone; the order of its keys is not part of it.
 * Must not know rows or declared types.
 */
import type { Json, JsonObject } from "../base/json.ts"
import { compareStamps, type Stamp } from "../clock/stamp.ts"
import { splitPath } from "../codec/path.ts"
import { type CellKey, cellKey, rootPath, splitCellKey } from "./cell-key.ts"
import type { Cell, Cells, State } from "./cells.ts"
import { counterValue, setValue } from "./facets.ts"
import { siblingsShown } from "./siblings.ts"

/** A document, and the keys of registers and signs that its text tells of by itself. */
export interface View {
  readonly document: JsonObject
  readonly shown: ReadonlySet<CellKey>
}

/** The document of a state; undefined when it is dead. */
export function viewState({ dead, cells }: State): View | undefined {
  return dead === undefined ? viewCells(cells) : undefined
}

/** The document that cells show. */
export function viewCells(cells: Cells): View {
  const shown = new Set<CellKey>()
  return { document: objectOf(treeOf(cells), rootPath, shown), shown }
}

/** What stands at one path, and the fields below it. */
interface Node {
  path: string
  register: Cell | undefined
  sign: Cell | undefined
  readonly parts: Cell[]
  readonly elements: (readonly [text: string, Cell])[]
  readonly siblings: Cell[]
  readonly fields: Map<string, Node>
}

function newNode(path: string): Node {
  return { path, register: undefined, sign: undefined, parts: [], elements: [], siblings: [], fields: new Map() }
}

function treeOf(cells: Cells): Node {
  const root = newNode(rootPath)
  for (const [key, cell] of cells) {
    const { path, kind, rest } = splitCellKey(key)
    const node = path === rootPath ? root : nodeAt(root, path)
    if (kind === "o") node.sign = cell
    else if (kind === "c") node.parts.push(cell)
    else if (kind === "s") node.elements.push([rest, cell])
    else if (kind === "m") node.siblings.push(cell)
    else if (kind === "") node.register = cell
  }
  return root
}

function nodeAt(root: Node, path: string): Node {
  let node = root
  for (const segment of splitPath(path)) {
    let field = node.fields.get(segment)
    if (field === undefined) node.fields.set(segment, (field = newNode(path)))
    node = field
  }
  node.path = path
  return node
}

function valueOf(node: Node, shown: Set<CellKey>): Json | undefined {
  const { path, register, parts, elements, siblings } = node
  switch (facetOf(node)) {
    case "o":
      return objectOf(node, path, shown)
    case "c":
      return counterValue(
        register?.value,
        parts.map(({ value }) => value).filter((value) => typeof value === "number"),
      )
    case "s":
      return setValue(register?.value, elementsOf(elements, true), elementsOf(elements, false))
    case "m":
      return siblingsShown(siblings)
    default:
      if (register?.value !== undefined) shown.add(path)
      return register?.value
  }
}

function objectOf({ sign, fields }: Node, path: string, shown: Set<CellKey>): JsonObject {
  const object: Record<string, Json> = {}
  for (const [segment, field] of fields) {
    const value = valueOf(field, shown)
    if (value !== undefined) object[segment] = value
  }
  if (sign !== undefined && fields.size === 0) shown.add(cellKey(path, "o"))
  return object
}

/** The kind of cells that is shown at a node: "" for its register. */
function facetOf(node: Node): "" | "o" | "c" | "s" | "m" {
  const { sign, parts, elements, siblings, fields } = node
  const facets: ("o" | "c" | "s" | "m")[] = []
  if (sign !== undefined || fields.size > 0) facets.push("o")
  if (parts.length > 0) facets.push("c")
  if (elements.length > 0) facets.push("s")
  if (siblings.length > 0) facets.push("m")
  if (facets.length < 2) return facets[0] ?? ""
  const stamps = {
    o: newestIn(node),
    c: newestOf(parts),
    s: newestOf(elements.map(([, cell]) => cell)),
    m: newestOf(siblings),
  }
  return facets.reduce((best, facet) => (isAfter(stamps[facet], stamps[best]) ? facet : best))
}

/** The newest stamp of an object: of its sign, and of all below it. */
function newestIn({ sign, fields }: Node): Stamp | undefined {
  let newest = sign?.stamp
  for (const field of fields.values()) {
    const { register, parts, elements, siblings } = field
    const registers = register ? [register] : []
    const own = newestOf([...registers, ...parts, ...siblings, ...elements.map(([, cell]) => cell)])
    for (const stamp of [own, newestIn(field)]) if (isAfter(stamp, newest)) newest = stamp
  }
  return newest
}

function newestOf(cells: readonly Cell[]): Stamp | undefined {
  return cells.reduce<Stamp | undefined>((newest, { stamp }) => (isAfter(stamp, newest) ? stamp : newest), undefined)
}

function isAfter(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a !== undefined && (b === undefined || compareStamps(a, b) > 0)
}

function elementsOf(elements: readonly (readonly [text: string, Cell])[], present: boolean): Json[] {
  return elements.filter(([, { value }]) => (value !== undefined) === present).map(([text]) => JSON.parse(text) as Json)
}
