/**
 * The search: what the form asks is answered, and stays live. Owns: the question and the page of its answer on the screen.
 * Invariant: one question is under way at a time; what is typed meanwhile is asked once, when the answer is there. So an
 * answer never replaces that of a later question.
 */
import { type Answer, answerByQuery, answerBySearch, type NamePlace } from "./answers.ts"
import { AnswerPanel } from "./answer-panel.ts"
import { type City, placeInWords } from "./cities.ts"
import type { CityDatabase } from "./database.ts"
import { byId, reason } from "./dom.ts"
import { Facets } from "./facets.ts"
import { hitsMax, orders, pageRows, type Question } from "./question.ts"
import type { Area } from "./world-map.ts"

/** Half the side of the square around a chosen point, in degrees. */
const around = 2.5
const typingMs = 60

type Place = City["loc"]

/** Who shows what was found. */
export interface SearchView {
  show(cities: readonly City[], live: boolean, places: (id: string) => readonly NamePlace[]): void
}

/** A page of an answer. */
interface Shown {
  readonly question: Question
  readonly answer: Answer
  readonly number: number
}

/** The search of one page. */
export class Search {
  readonly #db: CityDatabase
  readonly #view: SearchView
  readonly #form = byId("query", HTMLFormElement)
  readonly #order = byId("order", HTMLSelectElement)
  readonly #chip = byId("area", HTMLButtonElement)
  readonly #none = byId("none", HTMLParagraphElement)
  readonly #panel = new AnswerPanel((by) => this.#turn(by))
  readonly #facets: Facets
  #place: Place | undefined
  #typing = 0
  #isAsking = false
  #waiting: (() => Promise<void>) | undefined
  #shown: Shown | undefined
  #stop: (() => void) | undefined

  constructor(db: CityDatabase, view: SearchView) {
    this.#db = db
    this.#view = view
    this.#facets = new Facets(db, (found) => this.#panel.found(found))
    this.#form.addEventListener("submit", (event) => event.preventDefault())
    for (const part of [this.#form, byId("facets", HTMLElement)])
      part.addEventListener("input", () => {
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

  /** Asks what the form says. */
  ask(): void {
    this.#next(() => this.#ask(this.#question()))
  }

  #question(): Question {
    const form = new FormData(this.#form)
    const chosen = (name: string) => {
      const value = form.get(name)
      return typeof value === "string" ? value : ""
    }
    return {
      text: chosen("search").trim(),
      order: orders.find((one) => one === this.#order.value) ?? orders[0],
      size: chosen("size"),
      country: chosen("country"),
      visited: chosen("visited"),
      area: this.area,
    }
  }

  #turn(by: 1 | -1): void {
    const shown = this.#shown
    if (shown) this.#next(() => this.#show({ ...shown, number: shown.number + by }, performance.now()))
  }

  /** Does this when nothing is under way; of several that wait, the last one. */
  #next(work: () => Promise<void>): void {
    this.#waiting = work
    if (!this.#isAsking) void this.#workOff()
  }

  async #workOff(): Promise<void> {
    this.#isAsking = true
    for (let work = this.#waiting; work; work = this.#waiting) {
      this.#waiting = undefined
      await work().catch((error: unknown) => this.#panel.fail(reason(error)))
    }
    this.#isAsking = false
  }

  async #ask(question: Question): Promise<void> {
    const started = performance.now()
    this.#order.disabled = question.text !== ""
    this.#panel.ask(question)
    this.#facets.leave()
    const answer = question.text ? await answerBySearch(this.#db, question) : answerByQuery(this.#db, question)
    const { hits } = answer
    const isCut = hits?.length === hitsMax
    if (hits) {
      this.#panel.found(hits.length, isCut)
      this.#facets.count(hits, isCut)
    }
    await this.#show({ question, answer, number: 0 }, started)
    // The list comes first: counting reads more.
    if (!hits) this.#facets.follow(question)
  }

  async #show(shown: Shown, started: number): Promise<void> {
    const { question, answer, number } = shown
    const { cities, hasMore } = await answer.page(number)
    this.#stop?.()
    this.#shown = shown
    this.#view.show(cities, false, answer.places)
    this.#panel.show({ from: number * pageRows, shown: cities.length, hasMore })
    this.#none.hidden = cities.length > 0
    const screenMs = performance.now() - started
    let isLive = false
    this.#stop = answer.follow(number, cities, (now) => {
      this.#view.show(now, isLive, answer.places)
      isLive = true
    })
    this.#panel.explain(await answer.explain(), { hits: answer.hits?.length ?? 0, screenMs })
    this.#panel.done(question)
  }
}
