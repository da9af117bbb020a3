/**
 * The form of one record. Owns: which city is chosen and what of it was edited but not saved.
 * Invariant: saving writes only the fields that were edited here, so that two tabs can edit two fields of one city.
 */
import { type City, countryName, foldName, kindInWords, placeInWords, sizeOf } from "./cities.ts"
import type { CityDatabase } from "./database.ts"
import { byId, duration, reason } from "./dom.ts"

/** What the form edits. */
interface Draft {
  readonly name: string
  readonly population: number
  readonly note: string
  readonly visited: boolean
}
const fields = ["name", "population", "note", "visited"] as const

const draftOf = ({ name, population, note = "", visited = false }: City): Draft => ({ name, population, note, visited })

/** The patch that turns one draft into another; an emptied field is removed from the record. */
function patchOf(from: Draft, to: Draft): Record<string, unknown> {
  return {
    ...(to.name !== from.name && { name: to.name, key: foldName(to.name) }),
    ...(to.population !== from.population && { population: to.population, size: sizeOf(to.population) }),
    ...(to.note !== from.note && { note: to.note || undefined }),
    ...(to.visited !== from.visited && { visited: to.visited || undefined }),
  }
}

/** What the form tells. */
export interface RecordEvents {
  /** A city is chosen, or the chosen one has changed. */
  chosen(city: City): void
  /** The reader leaves the form by Escape. */
  left(): void
  nearby(place: City["loc"]): void
}

/** The editor of one page. */
export class RecordForm {
  readonly #db: CityDatabase
  readonly #events: RecordEvents
  readonly #form = byId("record", HTMLFormElement)
  readonly #title = byId("record-title", HTMLHeadingElement)
  readonly #told = byId("record-told", HTMLParagraphElement)
  readonly #save = byId("save", HTMLButtonElement)
  readonly #revert = byId("revert", HTMLButtonElement)
  #stored: City | undefined
  #stop: (() => void) | undefined

  constructor(db: CityDatabase, events: RecordEvents) {
    this.#db = db
    this.#events = events
    this.#form.addEventListener("input", () => this.#weigh())
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault()
      void this.#store()
    })
    this.#revert.addEventListener("click", () => {
      if (this.#stored) this.#fill(draftOf(this.#stored))
      this.#weigh()
    })
    this.#form.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#events.left()
    })
    byId("nearby", HTMLButtonElement).addEventListener("click", () => {
      if (this.#stored) this.#events.nearby(this.#stored.loc)
    })
  }

  /** Shows a city and keeps it current. With `focus`, the keyboard goes on in the form. */
  async choose(id: string, focus: boolean): Promise<void> {
    this.#stop?.()
    this.#stored = undefined
    const city = await this.#db.collections.cities.get(id)
    if (!city) return
    this.#say("")
    this.#take(city)
    this.#form.closest("section")?.scrollIntoView({ block: "nearest" })
    if (focus) this.#control("name").focus()
    this.#stop = this.#db.collections.cities.where({ _id: id }).watch(([now]) => {
      if (now && now._id === this.#stored?._id) this.#take(now)
    })
  }

  #control(name: keyof Draft): HTMLInputElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement
  }

  #draft(): Draft {
    return {
      name: this.#control("name").value.trim(),
      population: this.#control("population").valueAsNumber,
      note: this.#control("note").value.trim(),
      visited: this.#control("visited").checked,
    }
  }

  #fill(draft: Draft): void {
    this.#control("name").value = draft.name
    this.#control("population").value = String(draft.population)
    this.#control("note").value = draft.note
    this.#control("visited").checked = draft.visited
  }

  /** Takes over what is stored now; what was edited here and not saved stays. */
  #take(city: City): void {
    const before = this.#stored && draftOf(this.#stored)
    const now = draftOf(city)
    const mine = this.#draft()
    const kept = Object.fromEntries(fields.filter((f) => before && mine[f] !== before[f]).map((f) => [f, mine[f]]))
    const surprising = before && fields.some((field) => now[field] !== before[field] && now[field] !== mine[field])
    this.#stored = city
    this.#fill({ ...now, ...kept })
    this.#title.textContent = city.name
    byId("record-hint", HTMLParagraphElement).hidden = true
    byId("record-id", HTMLElement).textContent = `#${city._id}`
    byId("record-kind", HTMLElement).textContent = `${kindInWords(city.kind)}, ${countryName(city.country)}`
    byId("record-place", HTMLElement).textContent = placeInWords(city.loc)
    this.#form.hidden = false
    if (surprising) this.#say("Changed in another tab just now.")
    this.#weigh()
    this.#events.chosen(city)
  }

  #weigh(): void {
    const edited = this.#stored && Object.keys(patchOf(draftOf(this.#stored), this.#draft())).length > 0
    this.#save.disabled = !edited
    this.#revert.disabled = !edited
  }

  #say(text: string, bad = false): void {
    this.#told.textContent = text
    this.#told.classList.toggle("bad", bad)
  }

  async #store(): Promise<void> {
    const stored = this.#stored
    if (!stored) return
    const patch = patchOf(draftOf(stored), this.#draft())
    const started = performance.now()
    try {
      const { stamp } = await this.#db.collections.cities.patch(stored._id, patch)
      const ms = performance.now() - started
      const what = Object.keys(patch).filter((field) => field !== "key" && field !== "size")
      this.#say(`Stored ${what.join(", ")} in ${duration(ms)}.`)
      Object.assign(this.#told.dataset, { stamp, ms: ms.toFixed(1) })
    } catch (error) {
      this.#say(reason(error), true)
    }
  }
}
