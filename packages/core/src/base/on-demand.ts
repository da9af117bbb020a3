/**
 * Code that is loaded when it is first used. Owns: one load for all who ask, and what a failed one becomes.
 * Invariant: a part is loaded once. A load that failed is PART_UNAVAILABLE, and the next use tries again. Must not know what
 * the parts do, or where they lie.
 */
import { FixpointError } from "./errors.ts"

/** Loads a part. */
export type Loader<Part> = () => Promise<Part>

/** The same loaders, each of which loads its part when it is first asked for. */
export function eachOnDemand<Parts extends object>(parts: Parts): Parts {
  const loaders = Object.entries(parts) as [string, Loader<unknown>][]
  return Object.fromEntries(loaders.map(([name, load]) => [name, onDemand(name, load)])) as Parts
}

/** Gives the part of that name, which `load` loads when it is first asked for. */
export function onDemand<Part>(name: string, load: Loader<Part>): Loader<Part> {
  const held: { part?: Promise<Part> } = {}
  return () => {
    held.part ??= load().catch((cause: unknown) => {
      delete held.part
      if (cause instanceof FixpointError) throw cause
      throw new FixpointError("PART_UNAVAILABLE", undefined, { cause, details: { part: name, reason: String(cause) } })
    })
    return held.part
  }
}
