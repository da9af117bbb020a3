/** The import on the page: its button, its progress and what it says at the end. Owns: the import that is under way. */
import type { CityDatabase } from "./database.ts"
import { byId, count, duration, reason } from "./dom.ts"
import { importCities, type ImportProgress, type ImportSummary } from "./import-run.ts"

/** The import of one page. */
export class ImportPanel {
  readonly #db: CityDatabase
  readonly #finished: () => void
  readonly #start = byId("start", HTMLElement)
  readonly #progress = byId("progress", HTMLElement)
  readonly #caption = byId("caption", HTMLParagraphElement)
  #stop: AbortController | undefined

  constructor(db: CityDatabase, finished: () => void) {
    this.#db = db
    this.#finished = finished
    byId("import", HTMLButtonElement).addEventListener("click", () => void this.#run())
    byId("stop", HTMLButtonElement).addEventListener("click", () => this.#stop?.abort())
  }

  /** Offers the import when there is something to do: nothing is stored yet, or an earlier import was cut off. */
  offer(stored: number, total: number | undefined): void {
    this.#start.hidden = this.#stop !== undefined || (total !== undefined && stored >= total)
    if (total) byId("start-total", HTMLElement).textContent = `the ${count(total)} cities`
    this.#start.classList.toggle("partly", stored > 0)
    if (stored === 0) return
    byId("import", HTMLButtonElement).textContent = "Go on with the import"
  }

  async #run(): Promise<void> {
    this.#stop = new AbortController()
    this.#start.hidden = true
    this.#progress.hidden = false
    this.#caption.hidden = true
    try {
      this.#sum(await importCities(this.#db, this.#stop.signal, (progress) => this.#show(progress)))
    } catch (error) {
      this.#caption.textContent = reason(error)
    }
    this.#stop = undefined
    this.#progress.hidden = true
    this.#caption.hidden = false
    this.#finished()
  }

  #show({ done, total, startedWith, ms }: ImportProgress): void {
    const perSecond = (1_000 * (done - startedWith)) / Math.max(1, ms)
    byId("progress-rate", HTMLElement).textContent = `${count(perSecond)} records a second,`
    byId("progress-left", HTMLElement).textContent =
      `${duration((1_000 * (total - done)) / Math.max(1, perSecond))} to go`
    byId("track", HTMLElement).ariaValueNow = String(Math.round((100 * done) / total))
    byId("track-fill", HTMLElement).style.transform = `scaleX(${done / total})`
  }

  #sum({ done, total, startedWith, ms, longestHoldMs }: ImportSummary): void {
    const rate = `${count((1_000 * (done - startedWith)) / Math.max(1, ms))} a second`
    this.#caption.textContent =
      done < total
        ? `Stopped at ${count(done)} of ${count(total)}.`
        : `Imported in ${duration(ms)}, ${rate}. The page was held for ${duration(longestHoldMs)} at most.`
    Object.assign(this.#caption.dataset, {
      done,
      ms: Math.round(ms),
      hold: longestHoldMs.toFixed(1),
      added: done - startedWith,
    })
  }
}
