/**
 * Inputs that once broke a rule, kept for ever: `corpus/<target>.json`, a list of `{ text }` or `{ hex }`. Owns: their form.
 * Must not know what reads them.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import type { Input } from "./fuzz.ts"

type Kept = { readonly text: string } | { readonly hex: string }

const fileOf = (target: string) => join(import.meta.dirname, "corpus", `${target.replaceAll(/[^a-z0-9]+/g, "-")}.json`)

const kept = (target: string): readonly Kept[] =>
  existsSync(fileOf(target)) ? (JSON.parse(readFileSync(fileOf(target), "utf8")) as readonly Kept[]) : []

/** What is kept of a target. */
export function corpusOf(target: string): readonly Input[] {
  return kept(target).map((one) => ("text" in one ? one.text : fromHex(one.hex)))
}

/** Keeps an input, so that each later run begins with it. */
export function keep(target: string, input: Input): void {
  const before = kept(target)
  const one: Kept = typeof input === "string" ? { text: input } : { hex: toHex(input) }
  if (before.some((other) => JSON.stringify(other) === JSON.stringify(one))) return
  writeFileSync(fileOf(target), `${JSON.stringify([...before, one], undefined, 2)}\n`)
}
