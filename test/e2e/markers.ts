/** Random words that stand for what users write, and the search for them. */
import { randomBytes } from "node:crypto"
import { MarkerScan } from "./marker-scan.ts"
import type { Markers } from "./page/secret-work.ts"

const kinds = ["id", "collection", "field", "value", "passphrase"] as const

/** A word of random letters; a digit in it could be taken for a path or a number. */
export const word = (kind: string): string =>
  kind + Array.from(randomBytes(18), (byte) => String.fromCharCode(97 + (byte % 26))).join("")

/** New markers. */
export function makeMarkers(): Markers {
  const words = Object.fromEntries(kinds.map((kind) => [kind, word(kind)])) as Record<(typeof kinds)[number], string>
  return { ...words, key: [...randomBytes(32)] }
}

/** A search for all markers. */
export const scanFor = (markers: Markers): MarkerScan =>
  new MarkerScan({
    ...Object.fromEntries(kinds.map((kind) => [kind, markers[kind]])),
    key: Uint8Array.from(markers.key),
  })
