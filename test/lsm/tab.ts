/**
 * The part of an engine below documents, for tests: rows by key over any store, caught up and written to as the writer of
 * a database does it. Owns: the loop of append, outrun, pull, again.
 */
import type { Host } from "@fixpoint/core"
import type { Json } from "../../packages/core/src/base/json.ts"
import type { Key } from "../../packages/core/src/codec/key.ts"
import { importRoot } from "../../packages/core/src/crypto/key-tree.ts"
import { createVault, type Vault } from "../../packages/core/src/crypto/vault.ts"
import { type CheckReport, checkStore } from "../../packages/core/src/lsm/check.ts"
import { type Lsm, openLsm } from "../../packages/core/src/lsm/lsm.ts"
import * as upkeep from "../../packages/core/src/upkeep-entry.ts"
import { firstManifest } from "../../packages/core/src/lsm/manifest.ts"
import type { ScanOptions } from "../../packages/core/src/lsm/scan-rows.ts"
import type { Durability, Store } from "../../packages/core/src/lsm/store.ts"
import type { Upkeep } from "../../packages/core/src/lsm/upkeep.ts"
import type { Entry } from "../../packages/core/src/lsm/wal.ts"

const databaseId = "0123456789abcdef0123456789abcdef"

/** Values that were stored as edits, by all tabs of a test file. */
export const edited = { count: 0 }

const counting: Upkeep = {
  ...upkeep,
  async editsOf(parts, entries) {
    const edits = await upkeep.editsOf(parts, entries)
    edited.count += edits.size
    return edits
  },
}

/** The range of all keys. */
export const everything = { from: "", to: "\u0100" }

/** The vault of the database of all these tests. */
export async function vaultOf({ crypto, random }: Host): Promise<Vault> {
  const root = await importRoot(crypto, new Uint8Array(32).fill(7))
  return await createVault({ root, databaseId, host: { crypto, random } })
}

/** Opens the database of a store, which is made when there is none, and reads the log to its end. */
export async function openTab(host: Host, store: Store): Promise<Tab> {
  const vault = await vaultOf(host)
  if ((await store.readHeader()).identity === undefined)
    await store.create({
      identity: { format: 1, suite: 1, databaseId },
      keys: "none",
      manifest: await firstManifest(vault, null),
    })
  const tab = new Tab(
    await openLsm({ store, vault, host, header: await store.readHeader(), upkeep: async () => counting }),
  )
  await tab.catchUp()
  return tab
}

/** One engine over the rows. */
export class Tab {
  readonly lsm: Lsm
  /** Times that this engine had to begin anew from segments. */
  resets = 0
  /** Times that another engine's record came first. */
  outruns = 0
  #line: Promise<unknown> = Promise.resolve()

  constructor(lsm: Lsm) {
    this.lsm = lsm
  }

  /** Commits one record, after those before it; gives its number. */
  write(entries: readonly Entry[], durability: Durability = "relaxed"): Promise<number> {
    return this.#inLine(() => this.#write(entries, durability))
  }

  /** Applies what the others have written. */
  catchUp(): Promise<void> {
    return this.#inLine(() => this.#catchUp())
  }

  /** Flushes with a note that tells of the head. */
  flush(options?: { readonly compress?: boolean }): Promise<void> {
    return this.lsm.flush({ head: this.lsm.head }, options)
  }

  /** Looks at all that is stored. */
  check(options: { readonly deep: boolean }): Promise<CheckReport> {
    return this.lsm.lend((parts) => checkStore(parts, options))
  }

  /** Everything there is, by a scan. */
  async rows(range = everything, options: ScanOptions = {}): Promise<Map<Key, string>> {
    const rows = new Map<Key, string>()
    for await (const batch of this.lsm.scan(range, options)) for (const [key, value] of batch) rows.set(key, value)
    return rows
  }

  async get(key: Key): Promise<string | undefined> {
    const [value] = await this.lsm.getMany([key])
    return value
  }

  async #write(entries: readonly Entry[], durability: Durability): Promise<number> {
    const note: Json = null
    for (;;) {
      const n = this.lsm.head + 1
      if ((await this.lsm.append(entries, note, durability)) === "committed") {
        this.lsm.absorb({ n, entries, note })
        return n
      }
      this.outruns++
      await this.#catchUp()
    }
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const pulled = await this.lsm.pull()
      if (pulled.kind === "none") return
      if (pulled.kind === "reset") this.resets++
      else for (const entry of pulled.records) this.lsm.absorb(entry)
    }
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#line.then(work)
    this.#line = done.catch(() => undefined)
    return done
  }
}
