/**
 * Parts as files beside the worker's bundle. Owns: loading them, and what they get of the worker.
 * Invariant: a part of another build than the worker is refused, as what it shares with the worker stands in other places.
 */
import type { Loader } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import { type FileImports, importBuilt } from "./built-file.ts"

/** What a file of a part exports. */
export interface PartFile {
  readonly build: string
  readonly default: (shared: readonly unknown[], under?: readonly unknown[]) => unknown
}

/** A part that others stand on. */
export interface Foundation {
  /** The values of its modules that they use. */
  readonly handed: readonly unknown[]
}

/** What the bundle of the worker has for parts. */
export interface PartHome extends FileImports {
  readonly build: string
  /** The values of the worker's modules that parts use. */
  readonly shared: readonly unknown[]
}

/** Gives what loads the part of a name. `address` is where it lies, perhaps. What it stands on is loaded beside it. */
export function loaderOf(name: string, address: URL, home: PartHome, foundation?: Loader<Foundation>): Loader<unknown> {
  let tries = 0
  return async () => {
    // Engines remember that an address did not load; with another fragment it is another one.
    if (tries++ > 0) address.hash = `${tries}`
    const [file, under] = await Promise.all([importBuilt(name, address, home) as Promise<PartFile>, foundation?.()])
    if (file.build !== home.build)
      throw new FixpointError("PART_UNAVAILABLE", "It is of another build than the worker.", {
        details: { part: name },
      })
    return file.default(home.shared, under?.handed)
  }
}
