/** What a field of the note was: who wrote it, and when. Owns: the list, and the way back to one of its values. */
import type { PastStep } from "fixpoint"
import type { CityDatabase, Note } from "./database.ts"
import { byId, reason } from "./dom.ts"

/** A field whose past is shown. */
type Field = "title" | "body" | "photo"

const clock = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" })
const stepsShown = 30

/** The card with the past of a field. */
export class NoteHistory {
  readonly #db: CityDatabase
  readonly #id: string
  readonly #field = byId("past-field", HTMLSelectElement)
  readonly #list = byId("past", HTMLOListElement)
  readonly #told = byId("past-told", HTMLParagraphElement)

  constructor(db: CityDatabase, id: string) {
    this.#db = db
    this.#id = id
    this.#field.addEventListener("input", () => void this.show())
  }

  /** Shows what is known now. */
  async show(): Promise<void> {
    const field = this.#field.value as Field
    try {
      const steps = await this.#db.collections.notes.history(this.#id, { limit: 200 })
      const values = steps.flatMap((step) =>
        step.changes.some(({ path }) => path === field) ? [this.#row(step, field)] : [],
      )
      this.#list.replaceChildren(...values.slice(0, stepsShown))
      this.#told.textContent = values.length === 0 ? "Nothing was written here yet." : ""
    } catch (error) {
      this.#told.textContent = reason(error)
    }
  }

  #row(step: PastStep, field: Field): HTMLLIElement {
    const change = step.changes.find(({ path }) => path === field)
    const isOwn = step.actor === this.#db.status.device
    const row = document.createElement("li")
    row.append(
      element("b", shownOf(change?.after)),
      element("small", `${isOwn ? "this device" : `device ${step.actor.slice(0, 6)}`}, ${clock.format(step.at)}`),
    )
    // A text goes back by undo: its past is kept as what it showed, which no editor can read.
    if (field !== "body") row.append(this.#wayBack({ [field]: change?.after }))
    return row
  }

  #wayBack(then: Pick<Partial<Note>, "title" | "photo">): HTMLButtonElement {
    const button = element("button", "Restore")
    button.type = "button"
    button.className = "quiet"
    button.addEventListener("click", () => {
      this.#db.collections.notes.patch(this.#id, then).catch((error: unknown) => {
        this.#told.textContent = reason(error)
      })
    })
    return button
  }
}

/** A value as one line. */
function shownOf(value: unknown): string {
  if (value === undefined || value === "") return "nothing"
  if (typeof value === "object" && value !== null) return (value as { readonly name?: string }).name ?? "a picture"
  return JSON.stringify(value)
    .replaceAll(/^"|"$/gu, "")
    .replaceAll(/<[^>]*>/gu, " ")
    .trim()
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  made.textContent = text
  return made
}
