/**
 * Our own code with one fault in it. Owns: the faults (mutants.json), and the plugin that puts the one that FIXPOINT_MUTANT names
 * into a source as it is loaded. Invariant: without that variable nothing is changed; a fault that does not fit its source any more
 * stops the run. Must not know how tests are chosen (scripts/mutants.mjs).
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "vite"

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

/** Puts the fault of that id into its source; nothing without one. */
export function mutation(id: string | undefined): Plugin[] {
  if (id === undefined) return []
  const mutant = mutants.find((one) => one.id === id)
  if (mutant === undefined) throw new Error(`There is no fault ${id}.`)
  return [
    {
      name: "mutation",
      enforce: "pre",
      transform(code, source) {
        return source.split("?")[0]?.endsWith(`/${mutant.file}`)
          ? { code: mutated(mutant, code), map: null }
          : undefined
      },
    },
  ]
}
