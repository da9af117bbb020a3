/**
 * Changes the manifest by compare-and-swap. Owns: the loop of an attempt, a look at who came first, and the next attempt.
 * Invariant: a manifest is stored only on top of the one that it was made from, in one commit with the blocks it names
 * and the ones it drops. After each attempt the view holds the newest manifest, unless this engine is behind the log.
 * Must not know why the manifest changes.
 */
import { FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import type { Logger } from "../base/log.ts"
import type { Key } from "../codec/key.ts"
import type { Vault } from "../crypto/vault.ts"
import { type Manifest, openManifest, sealManifest } from "./manifest.ts"
import type { Pins } from "./pins.ts"
import type { SegmentReader } from "./segment-reader.ts"
import type { Store, StoreChange } from "./store.ts"
import type { View } from "./view.ts"

/** What the parts of an LSM share. */
export interface LsmParts {
  readonly store: Store
  readonly vault: Vault
  readonly host: Host
  readonly log: Logger
  readonly view: View
  readonly reader: SegmentReader
  readonly pins: Pins
  /** Whether rows of a key are of no use to anybody, ever again: segments that are written leave them out. */
  isGarbage(key: Key): boolean
  /** Aborted when merges are to end where they are. */
  readonly ending: AbortSignal
}

/** A manifest to come, and what is stored with it. */
export interface Publication {
  readonly manifest: Omit<Manifest, "version">
  readonly change?: Pick<StoreChange, "blocks" | "trimLogThrough" | "dropSegments">
}

/** The newest manifest: the stored one, which is not in force in this engine yet, or what this engine has stored since. */
export async function readManifest({ store, vault, view }: LsmParts): Promise<Manifest> {
  const { version } = view.manifest
  const stored = await store.readManifest()
  if (stored === undefined) throw new FixpointError("STORE_LOST")
  if (stored.version < version)
    throw new FixpointError("STORE_ROLLED_BACK", "The manifest is older than it was.", {
      details: { version: stored.version, expected: version },
    })
  return stored.version <= view.manifest.version ? view.manifest : await openManifest(vault, stored)
}

/** Puts the stored manifest in force; gives false when this engine is behind it, and has to read the log first. */
export async function refresh(parts: LsmParts): Promise<boolean> {
  return parts.view.adopt(await readManifest(parts))
}

/**
 * Stores what `next` makes of the manifest in force. When another engine comes first, `next` is asked again on top of
 * that. Gives false when `next` has nothing to store, or when this engine is behind.
 */
export async function publish(parts: LsmParts, next: (base: Manifest) => Publication | undefined): Promise<boolean> {
  const { store, vault, view, log } = parts
  for (;;) {
    const { version } = view.manifest
    const publication = next(view.manifest)
    if (publication === undefined) return false
    const manifest: Manifest = { ...publication.manifest, version: version + 1 }
    const stored = await sealManifest(vault, manifest)
    const outcome = await store.commit({ ...publication.change, durability: "relaxed", manifest: stored })
    if (outcome === "committed") {
      view.adopt(manifest)
      return true
    }
    log.debug("manifest outrun", { version: manifest.version })
    if (!(await refresh(parts))) return false
  }
}
