/**
 * Files beside the worker's bundle. Owns: how one is found and imported, whatever has bundled the worker.
 * Some bundlers (Vite, webpack) move the file that an expression `new URL(…, import.meta.url)` names, and put its new address
 * there; elsewhere (esbuild, no bundler) the expression stays as it was, and an `import()` of the file works as anywhere. Which of
 * the two happened is seen by looking at the address. Must not know what the files hold.
 */

/** How the bundle of the worker imports what lies beside it. */
export interface FileImports {
  /** The address of the bundle. */
  readonly here: string
  /** Imports the file of a name from where it was built. */
  beside(name: string): Promise<unknown>
  /** Imports the file at an address. */
  at(address: string): Promise<unknown>
}

/** Imports the file of a name, which lies at `address`, perhaps. */
export const importBuilt = (name: string, address: URL, { here, beside, at }: FileImports): Promise<unknown> =>
  address.pathname === new URL(`parts/${name}.js`, here).pathname ? beside(name) : at(address.href)
