/**
 * The sync card: how the link to the bucket stands, and the switch that takes the device off. Owns: the link's pace on the page.
 * Invariant: while the switch is off, nothing is asked of the bucket and nothing is sent.
 */
import type { SyncLink, SyncStatus } from "fixpoint"
import type { CityDatabase } from "./database.ts"
import { byId, bytes, count, reason } from "./dom.ts"

/** A database looks by itself every few seconds while people work, and rarely when they do not. Here somebody watches. */
const lookMs = 1_000

const states: Readonly<Record<SyncStatus["state"], string>> = {
  idle: "in step with the bucket",
  pulling: "taking in what others wrote",
  pushing: "sending what was written here",
  offline: "no network",
  backoff: "the bucket does not answer; trying again",
  auth: "the bucket refuses this device",
  stopped: "offline, by your choice",
}

const lamps: Readonly<Record<SyncStatus["state"], string>> = {
  idle: "ready",
  pulling: "opening",
  pushing: "opening",
  offline: "",
  backoff: "failed",
  auth: "failed",
  stopped: "",
}

const clock = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" })

/** The card of one page. */
export class SyncCard {
  readonly #link: SyncLink
  readonly #online = byId("online", HTMLInputElement)
  readonly #told = byId("sync-told", HTMLParagraphElement)
  #conflicts = 0

  constructor(db: CityDatabase, link: SyncLink) {
    this.#link = link
    this.#online.addEventListener("change", () => {
      if (this.#online.checked) link.resume()
      else link.pause()
      this.#show(link.status)
    })
    db.on("sync", (status) => this.#show(status))
    db.on("conflict", ({ id, path }) => {
      this.#conflicts++
      this.#told.textContent = `Two wrote ${path} of ${id} at once; both devices now show the later one.`
    })
  }

  /** Whether it is known what the bucket has: it was asked once, or cannot be. */
  get hasLooked(): boolean {
    const { lastSyncAt, state } = this.#link.status
    return lastSyncAt !== undefined || !["idle", "pulling", "pushing"].includes(state)
  }

  /** Looks into the bucket as long as the page is in sight. */
  async follow(): Promise<void> {
    for (;;) {
      if (document.visibilityState === "visible" && this.#online.checked && navigator.onLine)
        // What goes wrong is in the status.
        await this.#link.sync().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
  }

  #show(status: SyncStatus): void {
    const { state, pending, lastSyncAt, lastError, requests, cost } = status
    const asked = Object.values(requests).reduce((sum, one) => sum + one, 0)
    byId("sync-lamp", HTMLElement).className = `lamp ${lamps[state]}`
    byId("sync-state", HTMLElement).textContent = states[state]
    byId("sync-waiting", HTMLElement).textContent = pending > 0 ? "yes" : "no"
    byId("sync-bytes", HTMLElement).textContent = `${bytes(status.bytes.in)} / ${bytes(status.bytes.out)}`
    byId("sync-requests", HTMLElement).textContent = count(asked)
    byId("sync-cost", HTMLElement).textContent = `$${cost.toFixed(4)}`
    if (lastError) this.#told.textContent = reason(lastError)
    else if (this.#conflicts === 0)
      this.#told.textContent = lastSyncAt === undefined ? "" : `Last in step at ${clock.format(lastSyncAt)}.`
    Object.assign(this.#told.dataset, { state, pending, asked, looked: lastSyncAt !== undefined, ...status.bytes })
  }
}
