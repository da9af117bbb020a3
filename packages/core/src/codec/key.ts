/**
 * Keys of rows, and of what is derived from them. Owns: the key spaces; how a collection and an id become one key, and back.
 * Invariant: a key is a one-byte string (each char code is one byte), and the native order of keys is by collection, then
 * by id in code point order. Must not know what is stored under a key.
 */
import { utf8Decode, utf8Encode } from "../base/bytes.ts"
import { invariant } from "../base/errors.ts"

/** A one-byte string: each char code, 0 to 255, is one byte. */
export type Key = string

/** Keys from `from` inclusive to `to` exclusive. */
export interface KeyRange {
  readonly from: Key
  readonly to: Key
}

/** What keys are for, by their first byte. */
export const keySpaces = { rows: "\u0001", indexes: "\u0002", plugins: "\u0003", history: "\u0004" } as const
const { rows } = keySpaces

/** What all keys of one derivation begin with. Numbers are in base 36. */
export const derivedPrefix = (space: Key, derivation: number): Key => `${space}${derivation.toString(36)}.`

/** The key space of what the engine keeps for itself beside documents and what is derived from them. */
const system = "\u0006"

/** The range of all documents of all collections. */
export const rowsRange: KeyRange = { from: rows, to: "\u0002" }

/** The derivation that a key of a key space of derivations belongs to; undefined for other keys. */
export function derivationOf(key: Key): number | undefined {
  const space = key.charAt(0)
  if (space < keySpaces.indexes || space > keySpaces.history) return undefined
  return Number.parseInt(key.slice(1, key.indexOf(".")), 36)
}

/** All keys that begin like this: no byte is above U+00FF. */
export const prefixRange = (prefix: Key): KeyRange => ({ from: prefix, to: `${prefix}\u0100` })

/** What the keys of all documents of a collection begin with. Collections hold no NUL, so the first one ends the collection. */
export const rowPrefix = (collection: string): Key => `${rows}${toOneByte(collection)}\0`

/** The key of a document. */
export function rowKey(collection: string, id: string): Key {
  return rowPrefix(collection) + toOneByte(id)
}

/** The range of all documents of a collection. */
export function collectionRange(collection: string): KeyRange {
  const name = rows + toOneByte(collection)
  return { from: `${name}\0`, to: `${name}\u0001` }
}

/** The key of something that a part of the engine keeps. The part is of ASCII letters. */
export function systemKey(part: string, name: string): Key {
  return `${system}${part}\0${toOneByte(name)}`
}

/** Whether a key is that of a document. */
export function isRowKey(key: Key): boolean {
  return key.startsWith(rows)
}

/** The id in a row's key. */
export function idOfRowKey(key: Key): string {
  return fromOneByte(idBytesOfRowKey(key))
}

/** The id in a row's key, as the bytes that stand there. */
export function idBytesOfRowKey(key: Key): Key {
  return key.slice(endOfCollection(key) + 1)
}

/** The collection in a row's key. */
export function collectionOfRowKey(key: Key): string {
  return fromOneByte(key.slice(1, endOfCollection(key)))
}

function endOfCollection(key: Key): number {
  const end = key.indexOf("\0")
  invariant(end > 0 && key.startsWith(rows), "a row's key is of the rows' key space")
  return end
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

/** The UTF-8 of a text as a one-byte string. */
export function toOneByte(text: string): string {
  return isAscii(text) ? text : String.fromCharCode(...utf8Encode(text))
}

/** The text of `toOneByte`. */
export function fromOneByte(bytes: string): string {
  return isAscii(bytes) ? bytes : utf8Decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
}
