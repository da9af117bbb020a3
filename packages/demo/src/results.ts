/**
 * The list of found cities. Owns: the rows of the table, and which of them the keyboard is on.
 * Invariant: a document that did not change keeps its row, as it keeps its identity; the focus stays on its city.
 */
import type { NamePlace } from "./answers.ts"
import { type City, countryName, placeInWords } from "./cities.ts"
import { byId, count } from "./dom.ts"

/** Changes that are told one by one; when more come at once, none flashes. */
const flashesMax = 4

function cell(text: string, className: string): HTMLTableCellElement {
  const element = document.createElement("td")
  element.role = "cell"
  element.className = className
  element.textContent = text
  return element
}

function tag(text: string): HTMLSpanElement {
  const element = document.createElement("span")
  element.className = "tag"
  element.textContent = text
  return element
}

/** A name, with what was searched for marked in it. */
function marked(name: string, places: readonly NamePlace[]): (string | HTMLElement)[] {
  let at = 0
  const parts = places.flatMap(({ start, end }) => {
    const mark = document.createElement("mark")
    mark.textContent = name.slice(start, end)
    const before = name.slice(at, start)
    at = end
    return [before, mark]
  })
  return [...parts, name.slice(at)]
}

function rowOf(city: City, places: readonly NamePlace[]): HTMLTableRowElement {
  const row = document.createElement("tr")
  row.role = "row"
  row.dataset["id"] = city._id
  const name = document.createElement("button")
  name.type = "button"
  name.tabIndex = -1
  name.append(...marked(city.name, places))
  const first = cell("", "city")
  first.append(name)
  if (city.visited) first.append(tag("been there"))
  if (city.note) first.append(tag("noted"))
  row.append(
    first,
    cell(countryName(city.country), "country"),
    cell(count(city.population), "num"),
    cell(placeInWords(city.loc), "place"),
  )
  return row
}

interface Shown {
  readonly city: City
  readonly places: readonly NamePlace[]
  readonly row: HTMLTableRowElement
}

const nameOf = (row: Element | null | undefined) => row?.querySelector("button")
const idOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest("tr")?.dataset["id"] : undefined

/** The table of one page. */
export class Results {
  readonly #body = byId("results", HTMLTableSectionElement)
  #rows = new Map<string, Shown>()
  #chosen: string | undefined
  #current: string | undefined

  /** `choose` is told the city of a click, or of Enter: then the reader wants to go on from there by keyboard. */
  constructor(choose: (id: string, byKeyboard: boolean) => void) {
    this.#body.addEventListener("click", (event) => {
      const id = idOf(event.target)
      if (id !== undefined) choose(id, event.detail === 0)
    })
    this.#body.addEventListener("focusin", (event) => this.#setCurrent(idOf(event.target)))
    this.#body.addEventListener("keydown", (event) => this.#walk(event))
  }

  /** Shows a result; rows that changed since the last one flash when `live`. */
  show(cities: readonly City[], live: boolean, placesOf: (id: string) => readonly NamePlace[]): void {
    const focused = this.#body.contains(document.activeElement) ? idOf(document.activeElement) : undefined
    const most = Math.max(1, ...cities.map(({ population }) => population))
    const before = this.#rows
    const fresh: HTMLTableRowElement[] = []
    this.#rows = new Map()
    for (const city of cities) {
      const known = before.get(city._id)
      const places = placesOf(city._id)
      const row = known?.city === city && known.places === places ? known.row : rowOf(city, places)
      if (row !== known?.row) fresh.push(row)
      row.style.setProperty("--share", String(city.population / most))
      this.#rows.set(city._id, { city, places, row })
    }
    if (live && fresh.length <= flashesMax) for (const row of fresh) row.classList.add("changed")
    for (const [id, { row }] of before) if (this.#rows.get(id)?.row !== row) row.remove()
    this.#arrange()
    this.mark(this.#chosen)
    this.#setCurrent(this.#current)
    if (focused !== undefined) nameOf(this.#rows.get(focused)?.row)?.focus({ preventScroll: true })
  }

  /** Marks the row of the chosen city. */
  mark(id: string | undefined): void {
    this.#chosen = id
    for (const [one, { row }] of this.#rows) row.ariaCurrent = String(one === id)
  }

  /** Puts the focus back on the row where it was. */
  focus(): void {
    nameOf(this.#rows.get(this.#current ?? "")?.row)?.focus()
  }

  /** Brings the rows into order; one that stands right is not touched. */
  #arrange(): void {
    let at = this.#body.firstElementChild
    for (const { row } of this.#rows.values()) {
      if (row === at) at = at.nextElementSibling
      else this.#body.insertBefore(row, at)
    }
  }

  /** Only one row is a stop of the Tab key; the arrows go from there. */
  #setCurrent(id: string | undefined): void {
    nameOf(this.#rows.get(this.#current ?? "")?.row)?.setAttribute("tabindex", "-1")
    this.#current = id !== undefined && this.#rows.has(id) ? id : this.#rows.keys().next().value
    nameOf(this.#rows.get(this.#current ?? "")?.row)?.setAttribute("tabindex", "0")
  }

  #walk(event: KeyboardEvent): void {
    const row = event.target instanceof Element ? event.target.closest("tr") : null
    const to = {
      ArrowDown: row?.nextElementSibling,
      ArrowUp: row?.previousElementSibling,
      Home: this.#body.firstElementChild,
      End: this.#body.lastElementChild,
    }[event.key]
    if (!to) return
    event.preventDefault()
    nameOf(to)?.focus()
  }
}
