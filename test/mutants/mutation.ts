/**
 * Our own code with one fault in it. Owns: the faults that were thought of (mutants.json), and the plugin that puts one into a source
 * as it is loaded: that which FIXPOINT_MUTANT names, or that which FIXPOINT_SITE describes, one that was drawn (sample.ts).
 * Invariant: without these variables nothing is changed; a fault that does not fit its source any more stops the run.
 * Must not know how tests are chosen (scripts/mutants.mjs, scripts/mutation-score.mjs).
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "vite"
import type { Placed } from "./sample.ts"

/** A fault: what it breaks, the text that is replaced in a source, and the tests of which one must fail. */
export interface Mutant {
  readonly id: string
  readonly breaks: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly tests: readonly string[]
}

/** All faults. */
export const mutants = JSON.parse(readFileSync(join(import.meta.dirname, "mutants.json"), "utf8")) as readonly Mutant[]

/** A source with the fault in it. */
export function mutated({ id, file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find)
  if (parts.length !== 2)
    throw new Error(`The fault ${id} does not fit ${file}: its text is there ${parts.length - 1} times.`)
  return parts.join(replace)
}

/** A source with what was drawn in it. */
export function changed({ file, line, start, end, was, text }: Placed, source: string): string {
  if (source.slice(start, end) !== was) throw new Error(`The site ${file}:${line} does not fit its source.`)
  return source.slice(0, start) + text + source.slice(end)
}

/** Puts the fault of that id, or that of a site as JSON, into its source; nothing without either. */
export function mutation(id: string | undefined, site: string | undefined): Plugin[] {
  if (id !== undefined) {
    const mutant = mutants.find((one) => one.id === id)
    if (mutant === undefined) throw new Error(`There is no fault ${id}.`)
    return [putInto(mutant.file, (source) => mutated(mutant, source))]
  }
  if (site === undefined) return []
  const placed = JSON.parse(site) as Placed
  return [putInto(placed.file, (source) => changed(placed, source))]
}

function putInto(file: string, change: (source: string) => string): Plugin {
  return {
    name: "mutation",
    enforce: "pre",
    transform: (code, source) =>
      source.split("?")[0]?.endsWith(`/${file}`) ? { code: change(code), map: null } : undefined,
  }
}
