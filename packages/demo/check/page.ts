/**
 * The demo's page as the check uses it: what a reader can do there, and what the page says. Owns: the names of its elements.
 * Must not know what is expected.
 */
import type { Question } from "./expected.ts"
import type { Tab } from "./tab.ts"

/** What the page says of a finished import. */
export interface Imported {
  readonly done: number
  readonly added: number
  readonly ms: number
  readonly hold: number
}

/** What the page says of an answer. */
export interface Found {
  readonly found: number
  /** What led to it, and the warning where that was everything. */
  readonly index: string
  readonly warning: string
  readonly entries: number
  readonly rows: number
  readonly ms: number
  readonly screen: number
}

/** A row of the list. */
export interface Row {
  readonly id: string
  readonly name: string
  /** What is marked in the name. */
  readonly marks: readonly string[]
}

/** A city as the form shows it. */
export interface Shown {
  readonly name: string
  readonly population: number
  readonly note: string
}

const numbers = (selector: string) =>
  `Object.fromEntries(Object.entries(document.querySelector("${selector}").dataset)
    .map(([name, value]) => [name, value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value)]))`

const quoted = (value: unknown) => JSON.stringify(value)

/** The page in one tab. */
export class Page {
  readonly tab: Tab

  constructor(tab: Tab) {
    this.tab = tab
  }

  /** Waits until the database is open; gives what the page says of where it is. */
  async opened(): Promise<string> {
    await this.tab.until("the database opens", `document.querySelector("#lamp").matches(".ready, .memory, .failed")`)
    return this.tab.text("#state")
  }

  /** Waits until the live count is `total`. */
  async counted(total: number): Promise<number> {
    const shown = `document.querySelector("#count").value.replaceAll(",", "") === "${total}"`
    return this.tab.until(`the live count is ${total}`, shown)
  }

  async import(): Promise<Imported> {
    await this.tab.until("the import is offered", `!document.querySelector("#start").hidden`)
    await this.tab.click("#import")
    await this.tab.until("the import ends", `document.querySelector("#progress").hidden`, 600_000)
    const said = await this.tab.read<Partial<Imported>>(numbers("#caption"))
    if (said.done === undefined) throw new Error(await this.tab.text("#caption"))
    return said as Imported
  }

  /** One of the chores of the storage card; gives its figures and what it says. */
  async chore(id: "check" | "compare" | "digest"): Promise<{ figures: Record<string, number>; text: string }> {
    await this.tab.click(`#${id}`)
    await this.tab.until(
      `${id} ends`,
      `["done", "failed"].includes(document.querySelector("#storage-told").dataset.state)`,
      300_000,
    )
    const text = await this.tab.text("#storage-told")
    const done = `document.querySelector("#storage-told").dataset.state === "done"`
    if (!(await this.tab.read<boolean>(done))) throw new Error(text)
    return { figures: await this.tab.read(numbers("#storage-told")), text }
  }

  async ask({ text = "", country = "", size = "", order = "-population" }: Question): Promise<Found> {
    await this.tab.type("#search", text)
    await this.tab.choose("#order", order)
    await this.#narrow("country", country)
    await this.#narrow("size", size)
    const asked = quoted([text, country, size, "", order].join("|"))
    const told = `document.querySelector("#told").dataset`
    await this.tab.until(`${asked} is answered`, `${told}.asked === ${asked} && ${told}.found !== undefined`)
    return this.tab.read(numbers("#told"))
  }

  /** Chooses in a facet, where that is not chosen yet. */
  async #narrow(facet: string, value: string): Promise<void> {
    const choice = `document.querySelector('#facet-${facet} input[value="${value}"]')`
    await this.tab.until(`${facet} ${value} can be chosen`, choice)
    await this.tab.read(`${choice}.checked || ${choice}.click()`)
  }

  /** The counts of a facet, once `expected` holds for them. */
  async facet(name: string, expected: ReadonlyMap<string, number>): Promise<void> {
    const wanted = quoted(Object.fromEntries(expected))
    const counts = `Object.fromEntries([...document.querySelectorAll("#facet-${name} label")]
      .map((label) => [label.querySelector("input").value, Number(label.querySelector("b").textContent.replaceAll(",", ""))])
      .filter(([value, count]) => value !== "" && count > 0))`
    const sorted = (of: string) => `JSON.stringify(Object.entries(${of}).sort(([a], [b]) => (a < b ? -1 : 1)))`
    await this.tab.until(`the counts by ${name} are right`, `${sorted(counts)} === ${sorted(wanted)}`)
  }

  /** The rows that the list shows. */
  rows(): Promise<Row[]> {
    return this.tab.read(`[...document.querySelectorAll("#results tr")].map((row) => ({
      id: row.dataset.id,
      name: row.querySelector("button").textContent,
      marks: [...row.querySelectorAll("mark")].map((mark) => mark.textContent),
    }))`)
  }

  /** Turns the page, and waits until its first row has a certain place in the answer. */
  async turn(button: "before" | "after", from: number): Promise<void> {
    await this.tab.click(`#${button}`)
    await this.tab.until(
      `row ${from} is on top`,
      `document.querySelector("#told").textContent.includes(", ${from} to ")`,
    )
  }

  /** Chooses a city of the list and gives what the form then shows. */
  async choose(id: string): Promise<Shown> {
    await this.tab.click(`#results tr[data-id="${id}"] button`)
    await this.tab.until(`city ${id} is shown`, `document.querySelector("#record-id").textContent === "#${id}"`)
    return this.shown()
  }

  shown(): Promise<Shown> {
    return this.tab.read<Shown>(`(() => {
      const { name, population, note } = document.querySelector("#record").elements
      return { name: name.value, population: population.valueAsNumber, note: note.value }
    })()`)
  }

  /** Types into a field of the form, without saving. */
  fill(field: "population" | "note", text: string): Promise<void> {
    return this.tab.type(`#record [name=${field}]`, text)
  }

  /** Saves the form; gives when that began, in ms since 1970, and how long the page says that the write took. */
  async save(): Promise<{ at: number; ms: number }> {
    await this.tab.read(`(() => {
      delete document.querySelector("#record-told").dataset.stamp
      const form = document.querySelector("#record")
      const clicked = () => { window.savedAt = performance.timeOrigin + performance.now() }
      form.addEventListener("submit", clicked, { once: true, capture: true })
    })()`)
    await this.tab.click("#save")
    await this.tab.until("the edit is stored", `document.querySelector("#record-told").dataset.stamp`)
    return this.tab.read(`({ at: window.savedAt, ms: Number(document.querySelector("#record-told").dataset.ms) })`)
  }

  /** Saves a note by script and waits for its receipt: one message to the page for each edit. */
  note(text: string): Promise<void> {
    return this.tab.read(`new Promise((resolve, reject) => {
      const form = document.querySelector("#record")
      const told = document.querySelector("#record-told")
      delete told.dataset.stamp
      new MutationObserver((_, observer) => {
        if (!told.dataset.stamp && !told.classList.contains("bad")) return
        observer.disconnect()
        told.dataset.stamp ? resolve() : reject(new Error(told.textContent))
      }).observe(told, { attributes: true })
      form.elements.note.value = ${quoted(text)}
      form.dispatchEvent(new Event("input", { bubbles: true }))
      form.requestSubmit(document.querySelector("#save"))
    })`)
  }

  /** Resolves once the row of a city shows `population`, with the time in ms since 1970. */
  sees(id: string, population: number): Promise<number> {
    const text = population.toLocaleString("en")
    return this.tab.read<number>(`new Promise((resolve, reject) => {
      const look = () => {
        if (document.querySelector('#results tr[data-id="${id}"] .num')?.textContent !== "${text}") return false
        resolve(performance.timeOrigin + performance.now())
        return true
      }
      const late = () => reject(new Error("the other tab does not show ${text} within 20 s"))
      if (look()) return
      setTimeout(late, 20_000)
      new MutationObserver((_, observer) => look() && observer.disconnect())
        .observe(document.querySelector("#results"), { childList: true, subtree: true, characterData: true })
    })`)
  }

  /** Switches the device online or offline, and waits until the link says so. */
  async goOnline(online: boolean): Promise<void> {
    await this.tab.click("#online")
    const state = `document.querySelector("#sync-told").dataset.state`
    await this.tab.until(`the link is ${online ? "up" : "stopped"}`, `(${state} === "stopped") !== ${online}`)
  }

  /** Waits until the bucket has all that was written here. */
  async sent(): Promise<void> {
    const told = `document.querySelector("#sync-told").dataset`
    await this.tab.until("all is sent", `${told}.state === "idle" && ${told}.pending === "0"`, 600_000)
  }

  /** Waits until all that the bucket had is here: a new device has most records before the latest edits of them. */
  async inStep(): Promise<void> {
    const told = `document.querySelector("#sync-told").dataset`
    await this.tab.until("all is received", `${told}.state === "idle" && ${told}.looked === "true"`, 600_000)
  }

  /** Waits until the form shows a note. */
  notes(note: string): Promise<number> {
    return this.tab.until(
      `the note is ${note}`,
      `document.querySelector("#record").elements.note.value === ${quoted(note)}`,
    )
  }

  /** Bytes that came from the bucket since the page was opened. */
  received(): Promise<number> {
    return this.tab.read(`Number(document.querySelector("#sync-told").dataset.in)`)
  }

  /** What the log shows of errors. */
  errors(): Promise<string[]> {
    return this.tab.read(`[...document.querySelectorAll("#log .error")].map((line) => line.textContent)`)
  }

  /** What the page says when something goes wrong there. */
  async complaints(): Promise<string> {
    const parts = ["#state", "#caption", "#told", "#figures", "#record-told", "#storage-told"].map((part) =>
      this.tab.text(part),
    )
    const lines = `[...document.querySelectorAll("#log li")].slice(-6).map((line) => line.textContent).join("\\n  ")`
    return [...(await Promise.all(parts)), await this.tab.read<string>(lines)].filter(Boolean).join("\n  ")
  }
}
