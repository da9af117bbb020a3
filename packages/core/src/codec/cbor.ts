/**
 * Canonical dag-cbor, the form of all control data. Owns: its strict codec.
 * Invariant: a value has one encoding and only that one is read, so that bytes can be compared and hashed for values;
 * nesting and lengths are checked over the bytes, before a decoder recurses or allocates.
 * Must not know what is encoded.
 */
import { decode, encode } from "@ipld/dag-cbor"
import { type Bytes, equalBytes } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"

const depthMax = 64

/** Kinds of CBOR items (RFC 8949) by the three high bits of the first byte; the rest are one head and nothing more. */
const byteString = 2
const textString = 3
const array = 4
const map = 5
const tag = 6

/** The canonical bytes of a value of the IPLD data model. */
export function encodeCbor(value: unknown): Bytes {
  // A copy, as the encoder's own array can be a view of a buffer that it goes on using.
  return new Uint8Array(encode(value))
}

/** The value of canonical bytes. FORMAT_UNKNOWN when they are not CBOR, NONCANONICAL when it is not the canonical form. */
export function decodeCbor(bytes: Uint8Array): unknown {
  checkItems(bytes)
  const value = decodeWellFormed(bytes)
  if (!equalBytes(encode(value), bytes)) throw new FixpointError("NONCANONICAL")
  return value
}

/** The bytes are well-formed here: what the decoder refuses is outside of dag-cbor. */
function decodeWellFormed(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new FixpointError("NONCANONICAL", undefined, { cause })
  }
}

/** Walks the heads of all items, without recursion: each container and tag opened is a count of items to come. */
function checkItems(bytes: Uint8Array): void {
  const open = [1]
  let at = 0
  while (open.length > 0) {
    const left = open.pop() as number
    if (left === 0) continue
    open.push(left - 1)
    const { kind, argument, end } = readHead(bytes, at)
    at = end
    if (kind === byteString || kind === textString) at += argument
    else if (kind === array || kind === tag) open.push(kind === tag ? 1 : argument)
    else if (kind === map) open.push(2 * argument)
    if (open.length > depthMax + 1) throw new FixpointError("LIMIT_DEPTH", undefined, { details: { max: depthMax } })
  }
  if (at !== bytes.length) throw new FixpointError("FORMAT_UNKNOWN")
}

/** One head: the kind of item, its argument (a length, a count or a value), and where the head ends. */
function readHead(bytes: Uint8Array, at: number): { kind: number; argument: number; end: number } {
  const first = bytes[at]
  if (first === undefined) throw new FixpointError("FORMAT_UNKNOWN")
  const short = first & 31
  // 31 is an item of indefinite length: well-formed, but never canonical. 28 to 30 mean nothing.
  if (short > 27) throw new FixpointError(short === 31 ? "NONCANONICAL" : "FORMAT_UNKNOWN")
  const end = at + 1 + (short < 24 ? 0 : 2 ** (short - 24))
  let argument = short < 24 ? short : 0
  for (let i = at + 1; i < end; i++) argument = argument * 256 + (bytes[i] ?? 0)
  return { kind: first >> 5, argument, end }
}
