/**
 * The search: what the form asks becomes a live query. Owns: the query that is on the screen.
 * Invariant: an answer of an earlier question never replaces that of a later one. A question reads every row of the
 * collection, so only one is under way: what is typed meanwhile is asked once, when the answer is there.
 */
import { type City, foldName, placeInWords } from "./cities.ts"
import type { CityDatabase } from "./database.ts"
import { byId, count, duration, reason } from "./dom.ts"
import type { Area } from "./world-map.ts"

/** Rows that a search begins with, and that each "more" adds. */
const pageRows = 100
/** Half the side of the square around a chosen point, in degrees. */
const around = 2.5
const typingMs = 90
/** An answer that changes and is longer than what is shown is counted anew once it has been quiet for so long. */
const quietMs = 3_000

type Place = City["loc"]

/** The orders of the form's list. */
const orders = ["-population", "key", "-loc.lat"] as const

/** Who shows what was found. */
export interface SearchView {
  show(cities: readonly City[], live: boolean): void
}

/** What the form says. */
interface Question {
  readonly key: string
  readonly country: string
  readonly people: number
  readonly order: (typeof orders)[number]
}

interface Asked {
  readonly run: number
  readonly question: Question
  readonly all: ReturnType<CityDatabase["collections"]["cities"]["where"]>
  readonly limit: number
}

/** The search of one page. */
export class Search {
  readonly #db: CityDatabase
  readonly #view: SearchView
  readonly #form = byId("query", HTMLFormElement)
  readonly #told = byId("told", HTMLParagraphElement)
  readonly #chip = byId("area", HTMLButtonElement)
  readonly #more = byId("more", HTMLButtonElement)
  readonly #none = byId("none", HTMLParagraphElement)
  #place: Place | undefined
  #stop: (() => void) | undefined
  #typing = 0
  #quiet = 0
  #run = 0
  #isAsking = false
  #next: number | undefined

  constructor(db: CityDatabase, view: SearchView) {
    this.#db = db
    this.#view = view
    this.#form.addEventListener("submit", (event) => event.preventDefault())
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#typing)
      this.#typing = window.setTimeout(() => this.ask(), typingMs)
    })
    this.#chip.addEventListener("click", () => this.around(undefined))
  }

  /** The square that is searched, when it is one. */
  get area(): Area | undefined {
    const place = this.#place
    if (!place) return undefined
    const { lat, lon } = place
    return { south: lat - around, north: lat + around, west: lon - around, east: lon + around }
  }

  /** Searches around a place only, or everywhere again. */
  around(place: Place | undefined): void {
    this.#place = place
    this.#chip.hidden = place === undefined
    if (place) this.#chip.textContent = `around ${placeInWords(place)}  ×`
    this.ask()
  }

  #question(): Question {
    const form = new FormData(this.#form)
    const text = (name: string) => {
      const value = form.get(name)
      return typeof value === "string" ? value : ""
    }
    const key = foldName(text("search").trimStart())
    const order = orders.find((one) => one === text("order")) ?? "-population"
    return { key, country: text("country"), people: Number(text("people")), order }
  }

  #conditions({ key, country, people }: Question): Record<string, unknown> {
    const area = this.area
    return {
      ...(key && { key: { startsWith: key } }),
      ...(country && { country }),
      ...(people > 0 && { population: { gte: people } }),
      ...(area && { "loc.lat": { between: [area.south, area.north] }, "loc.lon": { between: [area.west, area.east] } }),
    }
  }

  /** Asks what the form says, and keeps the answer live. */
  ask(limit: number = pageRows): void {
    if (this.#isAsking) this.#next = limit
    else this.#ask(limit)
  }

  #ask(limit: number): void {
    this.#stop?.()
    clearTimeout(this.#quiet)
    this.#isAsking = true
    const started = performance.now()
    const question = this.#question()
    const all = this.#db.collections.cities.where(this.#conditions(question))
    const query = all.orderBy(question.order).limit(limit)
    const asked = { run: ++this.#run, question, all, limit }
    let firstMs: number | undefined
    const watcher = (cities: readonly City[]) => {
      if (firstMs === undefined && !this.#answered()) return
      const isLive = firstMs !== undefined
      this.#view.show(cities, isLive)
      firstMs ??= performance.now() - started
      if (isLive) this.#changed(asked, cities.length)
      else void this.#tell(asked, cities.length, firstMs)
    }
    const onError = (error: unknown) => {
      if (this.#answered()) this.#told.textContent = reason(error)
    }
    this.#stop = query.watch(watcher, { onError })
  }

  /** The question under way has its answer: gives false when another one waits, which is then asked instead. */
  #answered(): boolean {
    const next = this.#next
    this.#isAsking = false
    this.#next = undefined
    if (next !== undefined) this.#ask(next)
    return next === undefined
  }

  #changed(asked: Asked, shown: number): void {
    clearTimeout(this.#quiet)
    if (shown < asked.limit) this.#count(shown, shown)
    else {
      this.#told.textContent = `The first ${count(shown)} cities, live. All are counted once it is quiet.`
      this.#quiet = window.setTimeout(() => void this.#recount(asked, shown), quietMs)
    }
  }

  async #recount({ run, all, limit }: Asked, shown: number): Promise<void> {
    try {
      const found = await all.count()
      if (run !== this.#run) return
      this.#count(shown, found)
      this.#more.hidden = found <= limit
    } catch (error) {
      if (run === this.#run) this.#told.textContent = reason(error)
    }
  }

  async #tell({ run, question, all, limit }: Asked, shown: number, firstMs: number): Promise<void> {
    try {
      const { rowsRead, rowsReturned: found, ms } = await all.explain()
      if (run !== this.#run) return
      this.#count(shown, found)
      this.#told.append(` ${count(rowsRead)} rows read in ${duration(ms)}, on screen after ${duration(firstMs)}.`)
      const asked = `${question.key}|${question.country}|${question.people}`
      Object.assign(this.#told.dataset, { asked, found, rows: rowsRead, ms: ms.toFixed(1), screen: firstMs.toFixed(1) })
      this.#more.hidden = found <= limit
      this.#more.onclick = () => this.ask(limit + pageRows)
      this.#none.textContent = rowsRead > 0 ? "No city is like that." : "Nothing is stored yet."
    } catch (error) {
      if (run === this.#run) this.#told.textContent = reason(error)
    }
  }

  #count(shown: number, found: number): void {
    const bold = document.createElement("b")
    bold.textContent = found > shown ? `${count(shown)} of ${count(found)} cities` : `${count(found)} cities`
    this.#told.replaceChildren(bold)
    this.#none.hidden = found > 0
  }
}
