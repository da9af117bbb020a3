/**
 * Parts as files beside the worker's bundle. Owns: finding and loading them, whatever has bundled the worker.
 * Some bundlers (Vite, webpack) move the file that an expression `new URL(…, import.meta.url)` names, and put its new address
 * there; elsewhere (esbuild, no bundler) the expression stays as it was, and an `import()` of the file works as anywhere. Which of
 * the two happened is seen by looking at the address.
 * Invariant: a part of another build than the worker is refused, as what it shares with the worker stands in other places.
 */
import type { Loader } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"

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
export interface PartHome {
  readonly build: string
  /** The values of the worker's modules that parts use. */
  readonly shared: readonly unknown[]
  /** Imports the part of a name from where it was built. */
  beside(name: string): Promise<PartFile>
  /** Imports the file at an address. */
  at(address: string): Promise<PartFile>
}

/**
 * Gives what loads the part of a name. `address` is where it lies, perhaps; `here` is the address of the bundle. What it stands on
 * is loaded beside it.
 */
export function loaderOf(
  name: string,
  address: URL,
  {
    here,
    home,
    foundation,
  }: { readonly here: string; readonly home: PartHome; readonly foundation?: Loader<Foundation> },
): Loader<unknown> {
  const isMoved = address.pathname !== new URL(`parts/${name}.js`, here).pathname
  let tries = 0
  return async () => {
    // Engines remember that an address did not load; with another fragment it is another one.
    if (tries++ > 0) address.hash = `${tries}`
    const [file, under] = await Promise.all([isMoved ? home.at(address.href) : home.beside(name), foundation?.()])
    if (file.build !== home.build)
      throw new FixpointError("PART_UNAVAILABLE", "It is of another build than the worker.", {
        details: { part: name },
      })
    return file.default(home.shared, under?.handed)
  }
}
