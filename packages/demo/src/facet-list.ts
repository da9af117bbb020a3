/**
 * One facet on the page: a group of radio buttons with counts. Owns: its choices and their order.
 * Invariant: the form's choice is always among them; while the keyboard is in the list, nothing moves.
 */
import { countryName, sizes } from "./cities.ts"
import { byId, count } from "./dom.ts"
import type { FacetName } from "./question.ts"

interface Choice {
  readonly label: HTMLLabelElement
  readonly input: HTMLInputElement
  readonly number: HTMLElement
}

const sizeNames = new Map(sizes.map(({ key, name }) => [String(key), name]))

const names: Readonly<Record<FacetName, (value: string) => string>> = {
  size: (value) => (value ? (sizeNames.get(value) ?? value) : "Any size"),
  country: (value) => (value ? countryName(value) : "Every country"),
  visited: (value) => (value ? "I have been there" : "Anywhere"),
}

/** The list of one facet. */
export class FacetList {
  readonly #name: FacetName
  readonly #list: HTMLElement
  readonly #choices = new Map<string, Choice>()

  constructor(name: FacetName) {
    this.#name = name
    this.#list = byId(`facet-${name}`, HTMLElement)
    this.#choice("").input.checked = true
  }

  /** Shows the counts of all choices; "12+" where more were found than counted. */
  show(counts: ReadonlyMap<string, number>, isCut: boolean): void {
    const most = Math.max(1, ...counts.values())
    for (const [value, found] of counts) if (found > 0) this.#choice(value)
    for (const [value, { label, input, number }] of this.#choices) {
      const found = counts.get(value) ?? 0
      if (value === "") continue
      label.hidden = found === 0 && !input.checked
      label.style.setProperty("--share", String(found / most))
      number.textContent = `${count(found)}${isCut ? "+" : ""}`
    }
    if (!this.#list.contains(document.activeElement)) this.#arrange(counts)
  }

  #choice(value: string): Choice {
    const known = this.#choices.get(value)
    if (known) return known
    const label = document.createElement("label")
    const input = document.createElement("input")
    Object.assign(input, { type: "radio", name: this.#name, value })
    input.setAttribute("form", "query")
    const name = document.createElement("span")
    name.textContent = names[this.#name](value)
    const number = document.createElement("b")
    label.append(input, name, number)
    const choice = { label, input, number }
    this.#choices.set(value, choice)
    this.#list.append(label)
    return choice
  }

  /** Countries by their counts, sizes from the largest. */
  #arrange(counts: ReadonlyMap<string, number>): void {
    const weight = this.#name === "size" ? Number : (value: string) => counts.get(value) ?? 0
    const sorted = [...this.#choices].filter(([value]) => value !== "").sort(([a], [b]) => weight(b) - weight(a))
    let at = this.#list.firstElementChild?.nextElementSibling ?? null
    for (const [, { label }] of sorted) {
      if (label === at) at = at.nextElementSibling
      else this.#list.insertBefore(label, at)
    }
  }
}
