/**
 * The search: what the form asks becomes a live query. Owns: the query that is on the screen.
 * Invariant: an answer of an earlier question never replaces that of a later one.
 */
import { type City, foldName, placeInWords } from "./cities.ts"
import type { CityDatabase } from "./database.ts"
import { byId, count, duration, reason } from "./dom.ts"

/** Rows on the screen at most. */
const rowsMax = 100
/** Half the side of the square around a chosen point, in degrees. */
const around = 2.5
const typingMs = 90

type Place = City["loc"]

/** Who shows what was found. */
export interface SearchView {
  show(cities: readonly City[], live: boolean): void
}

/** The search of one page. */
export class Search {
  readonly #db: CityDatabase
  readonly #view: SearchView
  readonly #form = byId("query", HTMLFormElement)
  readonly #told = byId("told", HTMLParagraphElement)
  readonly #area = byId("area", HTMLButtonElement)
  #place: Place | undefined
  #stop: (() => void) | undefined
  #timer = 0
  #run = 0

  constructor(db: CityDatabase, view: SearchView) {
    this.#db = db
    this.#view = view
    this.#form.addEventListener("submit", (event) => event.preventDefault())
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#timer)
      this.#timer = window.setTimeout(() => this.ask(), typingMs)
    })
    this.#area.addEventListener("click", () => this.around(undefined))
  }

  /** Searches around a place only, or everywhere again. */
  around(place: Place | undefined): void {
    this.#place = place
    this.#area.hidden = place === undefined
    if (place) this.#area.textContent = `around ${placeInWords(place)}  ×`
    this.ask()
  }

  #conditions(): Record<string, unknown> {
    const form = new FormData(this.#form)
    const text = (name: string) => String(form.get(name) ?? "")
    const key = foldName(text("search").trim())
    const people = Number(text("people"))
    const place = this.#place
    return {
      ...(key && { key: { startsWith: key } }),
      ...(text("country") && { country: text("country") }),
      ...(people > 0 && { population: { gte: people } }),
      ...(place && {
        "loc.lat": { between: [place.lat - around, place.lat + around] },
        "loc.lon": { between: [place.lon - around, place.lon + around] },
      }),
    }
  }

  /** Asks what the form says, and keeps the answer live. */
  ask(): void {
    this.#stop?.()
    const run = ++this.#run
    const started = performance.now()
    const all = this.#db.collections.cities.where(this.#conditions())
    const query = all.orderBy(String(new FormData(this.#form).get("order"))).limit(rowsMax)
    let answers = 0
    this.#stop = query.watch((cities) => {
      if (run !== this.#run) return
      answers++
      this.#view.show(cities, answers > 1)
      if (answers === 1) void this.#tell(run, { query, all, shown: cities.length, ms: performance.now() - started })
    })
  }

  async #tell(run: number, asked: Asked): Promise<void> {
    try {
      const { rowsRead, ms } = await asked.query.explain()
      const found = asked.shown < rowsMax ? asked.shown : await asked.all.count()
      if (run !== this.#run) return
      const bold = document.createElement("b")
      bold.textContent = found > asked.shown ? `${count(asked.shown)} of ${count(found)} cities` : `${count(found)} cities`
      const cost = `The worker read ${count(rowsRead)} rows in ${duration(ms)}; on screen after ${duration(asked.ms)}.`
      this.#told.replaceChildren(bold, ` ${cost}`)
      Object.assign(this.#told.dataset, { found, rows: rowsRead, ms: Math.round(ms), run })
    } catch (error) {
      if (run === this.#run) this.#told.textContent = reason(error)
    }
  }
}

type Query = ReturnType<CityDatabase["collections"]["cities"]["where"]>

interface Asked {
  readonly query: Query
  readonly all: Query
  readonly shown: number
  readonly ms: number
}
