/** The packages as they are published, placed where an application would have them. Owns: packing and linking. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** The workspace. */
export const root = join(import.meta.dirname, "../..")

const packages = join(root, "packages")

/** What of a package.json is looked at. */
export interface Manifest {
  readonly version: string
  readonly exports: Record<string, { readonly types: string; readonly default: string }>
  readonly dependencies?: Record<string, string>
}

/** The package.json of a folder. */
export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** Those that are published, by their folders. */
const published = { core: "@fixpoint/core", gateways: "@fixpoint/gateways", cli: "@fixpoint/cli", fixpoint: "fixpoint" }

/** Makes a site with the packed packages in its node_modules, and what they depend on linked beside them. */
export function placePackages(): string {
  if (!existsSync(join(packages, "fixpoint/dist"))) throw new Error("nothing is built; pnpm build first")
  const site = mkdtempSync(join(tmpdir(), "fixpoint-packed-"))
  const packs = join(site, "packs")
  const chosen = Object.values(published).flatMap((name) => ["--filter", name])
  execFileSync("pnpm", [...chosen, "pack", "--pack-destination", packs], { cwd: root, stdio: "pipe" })
  for (const [folder, name] of Object.entries(published)) place(site, folder, name)
  return site
}

function place(site: string, folder: string, name: string): void {
  const target = join(site, "node_modules", name)
  mkdirSync(target, { recursive: true })
  const { version } = manifestOf(join(packages, folder))
  const pack = join(site, "packs", `${name.replace("@", "").replace("/", "-")}-${version}.tgz`)
  execFileSync("tar", ["-xzf", pack, "--strip-components=1", "-C", target])
  for (const dependency of Object.keys(manifestOf(target).dependencies ?? {})) {
    const link = join(site, "node_modules", dependency)
    if (dependency.startsWith("@fixpoint/") || existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(packages, folder, "node_modules", dependency)), link)
  }
}
