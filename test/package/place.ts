/** The packages as they are published, placed where an application would have them. Owns: packing and linking. */
import { execFileSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** The workspace. */
export const root = join(import.meta.dirname, "../..")

const packages = join(root, "packages")

/** What of a package.json is looked at. */
export interface Manifest {
  readonly exports: Record<string, { readonly types: string; readonly default: string }>
  readonly dependencies?: Record<string, string>
}

/** The package.json of a folder. */
export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** Makes a site with the packed packages in its node_modules, and what they depend on linked beside them. */
export function placePackages(): string {
  if (!existsSync(join(packages, "fixpoint/dist"))) throw new Error("nothing is built; pnpm build first")
  const site = mkdtempSync(join(tmpdir(), "fixpoint-packed-"))
  place(site, "core", "@fixpoint/core")
  place(site, "gateways", "@fixpoint/gateways")
  place(site, "cli", "@fixpoint/cli")
  place(site, "fixpoint", "fixpoint")
  return site
}

function place(site: string, folder: string, name: string): void {
  const out = join(site, "packs", folder)
  mkdirSync(out, { recursive: true })
  execFileSync("pnpm", ["pack", "--pack-destination", out], { cwd: join(packages, folder), stdio: "pipe" })
  execFileSync("tar", ["-xzf", join(out, readdirSync(out)[0] ?? ""), "-C", out])
  const target = join(site, "node_modules", name)
  mkdirSync(dirname(target), { recursive: true })
  cpSync(join(out, "package"), target, { recursive: true })
  for (const dependency of Object.keys(manifestOf(target).dependencies ?? {})) {
    const link = join(site, "node_modules", dependency)
    if (dependency.startsWith("@fixpoint/") || existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(packages, folder, "node_modules", dependency)), link)
  }
}
