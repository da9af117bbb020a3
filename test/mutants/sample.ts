/**
 * Faults drawn from all that can be put into a module. Owns: which sources are looked at, and the draw.
 * Invariant: a seed draws the same faults of the same sources, and a smaller sample is the beginning of a larger one.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createDice } from "@fixpoint/testkit"
import { type Site, sitesOf } from "./sites.ts"

const root = join(import.meta.dirname, "../..")

/** A site and the source, by its path in the checkout, that it is in. */
export interface Placed extends Site {
  readonly file: string
  /** What stands there. */
  readonly was: string
  readonly line: number
}

/** All sites of the sources of a module of core. */
export function sitesIn(module: string): Placed[] {
  const folder = `packages/core/src/${module}`
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  return names.sort().flatMap((name) => {
    const file = `${folder}/${name}`
    const source = readFileSync(join(root, file), "utf8")
    return sitesOf(source).map((site) => {
      const line = source.slice(0, site.start).split("\n").length
      return { ...site, file, was: source.slice(site.start, site.end), line }
    })
  })
}

/** So many of them, or all. */
export function draw<T>(sites: readonly T[], count: number, seed: number): T[] {
  const dice = createDice(seed)
  const left = [...sites]
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(dice.below(left.length), 1))
  return drawn
}
