/**
 * The list of found cities. Owns: the rows of the table.
 * Invariant: a document that did not change keeps its row, as it keeps its identity.
 */
import { type City, countryName, placeInWords } from "./cities.ts"
import { count } from "./dom.ts"

function cell(text: string, className = ""): HTMLTableCellElement {
  const element = document.createElement("td")
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

function rowOf(city: City): HTMLTableRowElement {
  const row = document.createElement("tr")
  row.dataset["id"] = city._id
  const name = document.createElement("button")
  name.type = "button"
  name.textContent = city.name
  const first = document.createElement("td")
  first.append(name)
  if (city.visited) first.append(tag("been there"))
  if (city.note) first.append(tag("noted"))
  row.append(
    first,
    cell(countryName(city.country)),
    cell(count(city.population), "num"),
    cell(placeInWords(city.loc), "place"),
  )
  return row
}

/** The table of one page. */
export class Results {
  readonly #body: HTMLElement
  readonly #rows = new Map<string, { city: City; row: HTMLTableRowElement }>()
  #chosen: string | undefined

  constructor(body: HTMLElement, choose: (id: string) => void) {
    this.#body = body
    body.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest("tr") : null
      const id = row?.dataset["id"]
      if (id !== undefined) choose(id)
    })
  }

  /** Shows a result; rows that changed since the last one flash when `live`. */
  show(cities: readonly City[], live: boolean): void {
    const most = Math.max(1, ...cities.map(({ population }) => population))
    const before = new Map(this.#rows)
    this.#rows.clear()
    for (const city of cities) {
      const known = before.get(city._id)
      const row = known?.city === city ? known.row : rowOf(city)
      if (live && known?.city !== city) row.classList.add("changed")
      row.style.setProperty("--share", String(city.population / most))
      this.#rows.set(city._id, { city, row })
    }
    this.#body.replaceChildren(...[...this.#rows.values()].map(({ row }) => row))
    this.mark(this.#chosen)
  }

  /** Marks the row of the chosen city. */
  mark(id: string | undefined): void {
    this.#chosen = id
    for (const [one, { row }] of this.#rows) row.setAttribute("aria-selected", String(one === id))
  }
}
