/** Commands of the sync test: one database of a profile, synced with a bucket of `fixpoint serve`. */
import { type Database, fixpoint, keys, type SyncLink } from "fixpoint"
import { http } from "@fixpoint/gateways/http"
import { tell } from "./command-loop.ts"

/** What a device shows. */
export interface SyncReport {
  readonly documents: Readonly<Record<string, unknown>>
  readonly digest: string
  readonly state: string
  readonly pending: number
}

const held: { db?: Database; link?: SyncLink } = {}

function opened(): Required<typeof held> {
  const { db, link } = held
  if (db === undefined || link === undefined) throw new Error("open first")
  return { db, link }
}

/** The commands. */
export const sync = {
  async syncOpen(url: string, secret: readonly number[]): Promise<void> {
    const db = fixpoint("sync-e2e", { keys: keys.raw(Uint8Array.from(secret)) })
    await db.ready()
    held.db = db
    held.link = db.attach(http({ url }))
  },

  async syncPut(document: { readonly _id: string }): Promise<void> {
    await opened().db.put(document)
  },

  async syncPatch(id: string, leaves: Record<string, unknown>): Promise<void> {
    await opened().db.patch(id, leaves as never)
  },

  syncPause(isPaused: boolean): void {
    const { link } = opened()
    if (isPaused) link.pause()
    else link.resume()
  },

  /** Everything written so far is in the bucket, and what is there is here. */
  async syncNow(): Promise<void> {
    const { db, link } = opened()
    await db.synced()
    await link.sync()
  },

  /** Writes one document after another, and tells of each that has resolved. */
  async syncFlood(from: number, count: number, text: string): Promise<void> {
    for (let n = from; n < from + count; n++) {
      await opened().db.put({ _id: `flood-${n}`, n, text })
      await tell({ flood: n })
    }
  },

  async syncMany(prefix: string, count: number, text: string): Promise<void> {
    await opened().db.putMany(Array.from({ length: count }, (_, n) => ({ _id: `${prefix}-${n}`, n, text })))
  },

  async syncReport(): Promise<SyncReport> {
    const { db, link } = opened()
    const all = await db.where({}).all()
    const { state, pending } = link.status
    return {
      documents: Object.fromEntries(all.map((document) => [document._id, document])),
      digest: await db.digest(),
      state,
      pending,
    }
  },
}
