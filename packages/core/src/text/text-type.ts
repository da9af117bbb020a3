/**
 * The four kinds of texts. Owns: the root type of each, its plain value, and the edit that makes it equal to a plain value.
 * Invariant: one field is one Yjs document with one root type, so that two devices that make the field at the same time make the
 * same type, and what both write in it merges. A plain value is one that a document may hold.
 * Must not know cells or sessions.
 */
import * as Y from "yjs"
import { isWellFormed } from "../base/bytes.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { equalValues } from "../codec/order.ts"
import { decodeValue, encodeValue, type Value } from "../codec/value.ts"
import { isForbiddenKey } from "../codec/path.ts"
import { FixpointError } from "../base/errors.ts"
import { isFields } from "../crdt/changes.ts"
import type { TextType } from "../crdt/edit-target.ts"

/** The name of the root type. Part of the format. */
const rootName = "t"

/** Any of the root types. */
export type RootType = Y.Text | Y.XmlFragment | Y.Array<unknown> | Y.Map<unknown>

/** The root type of a text. */
export function rootOf(doc: Y.Doc, type: TextType): RootType {
  if (type === "text") return doc.getText(rootName)
  if (type === "xml") return doc.getXmlFragment(rootName)
  return type === "yarray" ? doc.getArray(rootName) : doc.getMap(rootName)
}

/** What a text holds, as a document shows it. Throws what `put` would throw of such a value. */
export function plainValue(doc: Y.Doc, type: TextType, path: string): Json {
  return encodeValue(plain(rootOf(doc, type), path), path)
}

function plain(value: unknown, path: string): unknown {
  if (value instanceof Y.Text || value instanceof Y.XmlFragment || value instanceof Y.XmlElement)
    return wellFormed(textOf(value))
  if (value instanceof Y.Array) return value.toArray().map((one: unknown) => plain(one, path))
  if (!(value instanceof Y.Map)) return typeof value === "string" ? wellFormed(value) : value
  const fields: Record<string, unknown> = {}
  for (const [key, one] of value.entries()) {
    if (isForbiddenKey(key)) throw new FixpointError("KEY_FORBIDDEN", undefined, { details: { path } })
    fields[key] = plain(one, path)
  }
  return fields
}

/** The characters of a text, or the markup of XML. */
function textOf(value: { toString(): string }): string {
  return value.toString()
}

/** Two who write at one place can part the halves of a pair: what is left of it is shown as a replacement character. */
function wellFormed(text: string): string {
  return isWellFormed(text) ? text : text.replace(/\p{Surrogate}/gu, "\ufffd")
}

/** Whether a plain value can be written into a text of this type. Markup is not read from a string. */
export function canBecome(type: TextType, value: Json | undefined): boolean {
  if (type === "text") return typeof value === "string"
  if (type === "yarray") return Array.isArray(value)
  return type === "ymap" && isFields(value)
}

/** Makes a text hold a plain value, by the smallest edit that keeps what stands before and after. */
export function become(doc: Y.Doc, type: TextType, value: Json): void {
  const root = rootOf(doc, type)
  doc.transact(() => {
    if (root instanceof Y.Text) replaceText(root, value as string)
    else if (root instanceof Y.Array)
      replaceItems(
        root,
        (value as readonly Json[]).map((item) => decodeValue(item)),
      )
    else if (root instanceof Y.Map) replaceEntries(root, value as JsonObject)
  })
}

function replaceText(text: Y.Text, wanted: string): void {
  const now = textOf(text)
  const [start, end] = commonEnds(now.length, wanted.length, (i, j) => now[i] === wanted[j])
  text.delete(start, now.length - start - end)
  text.insert(start, wanted.slice(start, wanted.length - end))
}

function replaceItems(array: Y.Array<unknown>, wanted: readonly Value[]): void {
  const now = array.toArray()
  const same = (i: number, j: number): boolean => JSON.stringify(now[i]) === JSON.stringify(wanted[j])
  const [start, end] = commonEnds(now.length, wanted.length, same)
  array.delete(start, now.length - start - end)
  array.insert(start, wanted.slice(start, wanted.length - end))
}

function replaceEntries(map: Y.Map<unknown>, wanted: JsonObject): void {
  for (const key of map.keys()) if (!Object.hasOwn(wanted, key)) map.delete(key)
  for (const [key, value] of Object.entries(wanted)) {
    const now = map.get(key)
    if (now === undefined || !equalValues(encodeValue(plain(now, key), key), value)) map.set(key, decodeValue(value))
  }
}

/** How much two sequences share at their start, and at their end beside that. */
function commonEnds(a: number, b: number, same: (i: number, j: number) => boolean): readonly [number, number] {
  let start = 0
  while (start < a && start < b && same(start, start)) start++
  let end = 0
  while (end < a - start && end < b - start && same(a - 1 - end, b - 1 - end)) end++
  return [start, end]
}
