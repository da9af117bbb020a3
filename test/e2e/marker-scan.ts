/**
 * A search for secrets in bytes, in every form in which careless code would leave them. Owns: the forms.
 * Base64 hides a text at three alignments: of each, the part that its neighbours cannot change is searched for.
 */
import { readFileSync } from "node:fs"
import { filesIn } from "../harness/profile-files.ts"

/** A secret by name: text, or bytes such as a key's. */
export type Secrets = Readonly<Record<string, string | Uint8Array>>

/** A secret that was found: which, in what form, and where. */
export interface Sighting {
  readonly secret: string
  readonly form: string
  readonly where: string
}

interface Needle {
  readonly secret: string
  readonly form: string
  readonly bytes: Buffer
}

/** The inner characters of the base64 of `bytes` when `before` other bytes come first. */
function base64At(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString("base64")
    .replaceAll("=", "")
  // The first characters mix with what comes before, the last one with what comes after.
  return text.slice(Math.ceil((before * 4) / 3), -1)
}

function base64Forms(bytes: Buffer): [string, string][] {
  return [0, 1, 2].flatMap((before) => {
    const text = base64At(bytes, before)
    const url = text.replaceAll("+", "-").replaceAll("/", "_")
    const forms: [string, string][] = [[`base64+${before}`, text]]
    return url === text ? forms : [...forms, [`base64url+${before}`, url] as [string, string]]
  })
}

function formsOf(secret: string | Uint8Array): [string, Buffer][] {
  const bytes = Buffer.from(secret as Uint8Array)
  const hex = bytes.toString("hex")
  const texts: [string, string][] = [
    ...base64Forms(bytes),
    ["hex", hex],
    ["HEX", hex.toUpperCase()],
    ["numbers", bytes.join(",")],
  ]
  const forms: [string, Buffer][] = texts.flatMap(([form, text]) => [
    [form, Buffer.from(text, "latin1")],
    [`${form} in utf-16`, Buffer.from(text, "utf16le")],
  ])
  const wide = Buffer.from(bytes.toString("latin1"), "utf16le")
  return [["plain", bytes], ["utf-16le", wide], ["utf-16be", Buffer.from(wide).swap16()], ...forms]
}

/** Searches bytes for all forms of all secrets. */
export class MarkerScan {
  readonly #needles: readonly Needle[]

  constructor(secrets: Secrets) {
    this.#needles = Object.entries(secrets).flatMap(([secret, value]) =>
      formsOf(value).map(([form, bytes]) => ({ secret, form, bytes })),
    )
  }

  /** What is in `bytes`. */
  in(bytes: Buffer | string, where: string): Sighting[] {
    const buffer = typeof bytes === "string" ? Buffer.from(bytes) : bytes
    return this.#needles.flatMap(({ secret, form, bytes: needle }) =>
      buffer.includes(needle) ? [{ secret, form, where }] : [],
    )
  }

  /** What is in the files of a folder, and in their names. */
  inFolder(folder: string): Sighting[] {
    return filesIn(folder).flatMap((file) => [
      ...this.in(readFileSync(file), file),
      ...this.in(file, `the name of ${file}`),
    ])
  }
}
