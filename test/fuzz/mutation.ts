/**
 * Changes to inputs: bytes, texts, and values as trees. Owns: which changes there are, and how they are drawn.
 * Invariant: a seed gives one sequence of changes on every platform. Must not know what reads the inputs.
 */
import { type Dice, pick } from "@fixpoint/testkit"

const edgeBytes = [0, 1, 0x1a, 0x20, 0x7f, 0x80, 0xc0, 0xfe, 0xff]
const edgeCounts = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff]
const changesMax = 4
const insertedMax = 12

type ByteChange = (bytes: Uint8Array, dice: Dice, other: Uint8Array) => Uint8Array

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

/** Two places of something so long, in order. */
function span(dice: Dice, length: number): readonly [from: number, to: number] {
  const [a, b] = [dice.below(length + 1), dice.below(length + 1)]
  return a < b ? [a, b] : [b, a]
}

const byteChanges: readonly ByteChange[] = [
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << dice.below(8)))
  },
  (bytes, dice) => bytes.with(dice.below(bytes.length), pick(dice, edgeBytes)),
  (bytes, dice) => bytes.with(dice.below(bytes.length), dice.below(256)),
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length)),
  (bytes, dice) => {
    const [from, to] = span(dice, bytes.length)
    return joined(bytes.subarray(0, from), bytes.subarray(to))
  },
  (bytes, dice) => {
    const [from, to] = span(dice, bytes.length)
    return joined(bytes.subarray(0, to), bytes.subarray(from))
  },
  (bytes, dice) => {
    const at = dice.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), dice.bytes(1 + dice.below(insertedMax)), bytes.subarray(at))
  },
  (bytes, dice) => {
    const changed = Uint8Array.from(joined(bytes, new Uint8Array(Math.max(0, 4 - bytes.length))))
    new DataView(changed.buffer).setUint32(dice.below(changed.length - 3), pick(dice, edgeCounts))
    return changed
  },
  (bytes, dice, other) => joined(bytes.subarray(0, dice.below(bytes.length)), other.subarray(dice.below(other.length))),
]

/** Bytes after some changes; `other` is another input to take from. */
export function mutateBytes(bytes: Uint8Array, dice: Dice, other: Uint8Array): Uint8Array {
  let changed = bytes
  for (let left = 1 + dice.below(changesMax); left > 0; left--) {
    if (changed.length === 0) return dice.bytes(1 + dice.below(insertedMax))
    changed = pick(dice, byteChanges)(changed, dice, other.length === 0 ? changed : other)
  }
  return changed
}

const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

/** What parsers of text are known to stumble over. */
const edgeTexts = [
  "",
  " ",
  "\0",
  "\t",
  "\n",
  "\r",
  "\\",
  '"',
  "$",
  ".",
  "-0",
  "1e999",
  "9007199254740993",
  "\ud800",
  "\\ud800",
  "\u0085",
  "\u2028",
  "__proto__",
  "constructor",
  "prototype",
  '{"__proto__":{"polluted":1}}',
  '{"$":["d",1]}',
  '{"$":["n","01"]}',
  '{"$":["b","A"]}',
  "null",
  "[]",
  "{}",
  "0123456789abcdef",
  "&#0;",
  "<!DOCTYPE x [<!ENTITY a 'b'>]>",
  "<![CDATA[x]]>",
  deep("[", "]", 40),
  deep('{"a":', "}", 40),
  "[".repeat(5000),
  "<a>".repeat(50),
  " ".repeat(3000),
]

/** Text after some changes; `other` is another input to take from. */
export function mutateText(text: string, dice: Dice, other: string): string {
  let changed = text
  for (let left = 1 + dice.below(changesMax); left > 0; left--) {
    const [from, to] = span(dice, changed.length)
    const part = dice.below(5)
    if (part === 0) changed = changed.slice(0, from) + pick(dice, edgeTexts) + changed.slice(from)
    else if (part === 1) changed = changed.slice(0, from) + pick(dice, edgeTexts) + changed.slice(to)
    else if (part === 2) changed = changed.slice(0, from) + changed.slice(to)
    else if (part === 3) changed = changed.slice(0, to) + changed.slice(from)
    else changed = changed.slice(0, from) + other.slice(dice.below(other.length + 1))
  }
  return changed
}

/** A value of JSON, or of control data: byte arrays too. */
export type Tree = unknown

const edgeValues: readonly Tree[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  -1e300,
  2 ** 31,
  2 ** 53 - 1,
  Number.MAX_VALUE,
  "",
  "a",
  "a.b",
  "\\",
  "_id",
  "$",
  "__proto__",
  "toString",
  "eq",
  "\u0000",
  "0123456789abcdef",
  [],
  [null],
  [[]],
  {},
  { $: ["d", 1] },
  { $: ["q", 1] },
  { a: { b: [] } },
]
const edgeNames = ["a", "__proto__", "constructor", "toString", "then", "length", "$", "$$", "kind", "v", "", "_id"]

const isNode = (value: Tree): value is readonly Tree[] | Readonly<Record<string, Tree>> =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array)

/** Every value inside of one, itself first, up to a bound. */
function insideOf(value: Tree, found: Tree[] = []): Tree[] {
  if (found.length > 200) return found
  found.push(value)
  if (isNode(value)) for (const inner of Object.values(value)) insideOf(inner, found)
  return found
}

function changedLeaf(value: Tree, dice: Dice, pool: readonly Tree[], edges: readonly Tree[]): Tree {
  if (dice.below(3) === 0) return pick(dice, pool)
  if (value instanceof Uint8Array && dice.below(2) === 0) return mutateBytes(value, dice, value)
  if (typeof value === "string" && dice.below(2) === 0) return mutateText(value, dice, value)
  if (typeof value === "number" && dice.below(2) === 0) return value + pick(dice, [1, -1, 0.5, 4096, -4096, 2 ** 40])
  return pick(dice, edges)
}

function changed(value: Tree, dice: Dice, pool: readonly Tree[], edges: readonly Tree[]): Tree {
  if (!isNode(value)) return changedLeaf(value, dice, pool, edges)
  const entries = Object.entries(value)
  const at = dice.below(entries.length)
  const kind = entries.length === 0 ? 2 : dice.below(8)
  if (kind === 0) entries.splice(at, 1)
  else if (kind === 1) entries.splice(at, 0, entries[at] as [string, Tree])
  else if (kind === 2) entries.push([pick(dice, edgeNames), pick(dice, [...edges, ...pool])])
  else if (kind === 3) return pick(dice, edges)
  else entries[at] = [entries[at]?.[0] ?? "", changed(entries[at]?.[1], dice, pool, edges)]
  // A field named "__proto__" becomes a field like any other.
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

/** A value after some changes of its parts. `bytes` tells whether byte arrays may come in. */
export function mutateTree(value: Tree, dice: Dice, bytes: boolean): Tree {
  const edges = bytes ? [...edgeValues, new Uint8Array(), new Uint8Array(16), dice.bytes(32)] : edgeValues
  const pool = insideOf(value)
  let result = value
  for (let left = 1 + dice.below(changesMax); left > 0; left--) result = changed(result, dice, pool, edges)
  return result
}
