/**
 * Where the built product lies: what the packages publish, in place of the sources that the workspace resolves to.
 * Invariant: a figure is of the files that an application would install.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const packages = fileURLToPath(new URL("../../packages", import.meta.url))

interface Manifest {
  readonly name: string
  readonly publishConfig: { readonly exports: Readonly<Record<string, { readonly default: string }>> }
}

/** An alias as Vite takes it. */
export interface Alias {
  readonly find: RegExp
  readonly replacement: string
}

/** The published entries of our packages, as aliases; throws where one is not built. */
export function builtEntries(): Alias[] {
  return ["core", "fixpoint", "gateways"].flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8")) as Manifest
    return Object.entries(manifest.publishConfig.exports).map(([entry, target]) => {
      const replacement = join(packages, folder, target.default)
      if (!existsSync(replacement)) throw new Error(`${manifest.name} is not built; run pnpm build first`)
      return { find: new RegExp(`^${manifest.name}${entry.slice(1)}$`), replacement }
    })
  })
}
