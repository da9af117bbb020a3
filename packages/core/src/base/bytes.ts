/**
 * Byte arrays and their text forms. Owns: UTF-8, hex, base32, base64, concatenation and comparison of bytes.
 * Invariant: every function is total on what its own inverse gives, and results are fresh arrays of exactly their size.
 * Must not know what the bytes mean.
 */

/** Bytes over memory that nobody shares: what WebCrypto and the stores take. */
export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const loneSurrogate = /\p{Cs}/u

/** Digits of base32hex (RFC 4648): their order as text is the order of what they stand for. */
const base32HexDigits = "0123456789abcdefghijklmnopqrstuv"
const base32Digits = "abcdefghijklmnopqrstuvwxyz234567"

/** Base64 goes through strings this long, as a call takes a bounded number of arguments. */
const chunkLength = 8192

/** The UTF-8 of well-formed text. Chromium encodes into given memory several times faster than into memory of its own. */
export function utf8Encode(text: string): Bytes {
  return utf8EncodeAll([text])
}

/** The UTF-8 of well-formed texts, one after the other. A large text that is never put together costs no memory of its own. */
export function utf8EncodeAll(texts: readonly string[]): Bytes {
  let bytes = new Uint8Array(texts.reduce((length, text) => length + text.length, 0))
  let at = 0
  let unitsLeft = bytes.length
  for (const text of texts) {
    const { read, written } = encoder.encodeInto(text, bytes.subarray(at))
    at += written
    unitsLeft -= text.length
    if (read === text.length) continue
    // There is more than ASCII: what is left takes at most three bytes for each UTF-16 unit.
    const wider = new Uint8Array(at + (text.length - read + unitsLeft) * 3)
    wider.set(bytes.subarray(0, at))
    bytes = wider
    at += encoder.encodeInto(text.slice(read), bytes.subarray(at)).written
  }
  return at === bytes.length ? bytes : bytes.slice(0, at)
}

/** The text of UTF-8 bytes; throws a TypeError when they are not UTF-8. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Whether the text's UTF-8 is longer than `bytesMax`. Costs nothing for text that is far from it. */
export function exceedsUtf8(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && (text.length > bytesMax || utf8Encode(text).length > bytesMax)
}

/** Whether the text has no half of a surrogate pair, so that UTF-8 can carry it. */
export function isWellFormed(text: string): boolean {
  // Where the platform knows, it only looks at how the text lies in memory.
  return (text as { isWellFormed?: () => boolean }).isWellFormed?.() ?? !loneSurrogate.test(text)
}

/** All parts, one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * Gives the memory of bytes back now: a platform's collector sees a small object, and lets many of them pile up. They are sent to
 * nobody, as a buffer that is only detached stays with what the platform has made of it. Nothing happens to a part of a larger one, nor
 * where a platform has no channels.
 */
export function letGo({ buffer, byteLength }: Uint8Array): void {
  if (byteLength !== buffer.byteLength || typeof MessageChannel === "undefined") return
  const { port1, port2 } = new MessageChannel()
  port2.close()
  port1.postMessage(undefined, [buffer as ArrayBuffer])
  port1.close()
}

/** Whether both hold the same bytes. Its time depends on their lengths alone, so it may compare secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) text += (byte + 256).toString(16).slice(1)
  return text
}

/** The bytes of `toHex`. */
export function fromHex(text: string): Bytes {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

/** Lower-case base32hex without padding. The order of texts of one length is the order of their bytes. */
export function toBase32Hex(bytes: Uint8Array): string {
  return inDigits(bytes, base32HexDigits)
}

/** Lower-case base32 (RFC 4648) without padding: the form of CIDs. */
export function toBase32(bytes: Uint8Array): string {
  return inDigits(bytes, base32Digits)
}

function inDigits(bytes: Uint8Array, digits: string): string {
  let text = ""
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += digits.charAt((held >> (bits - 5)) & 31)
    held &= 31
  }
  return bits === 0 ? text : text + digits.charAt((held << (5 - bits)) & 31)
}

/** Base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ""
  for (let at = 0; at < bytes.length; at += chunkLength) {
    binary += String.fromCharCode(...bytes.subarray(at, at + chunkLength))
  }
  return btoa(binary)
}

/** The bytes of `toBase64`. */
export function fromBase64(text: string): Bytes {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
