/**
 * The log on the page: what the database tells of itself, as FP_DEBUG asks for it. Owns: the records that are shown.
 * Invariant: a flood of records costs one drawing per frame, and memory for the newest only.
 */
import { type LogRecordLine, setDebug, setLogSink } from "fixpoint"
import { byId } from "./dom.ts"

const linesMax = 400

const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
})

function part(className: string, text: string): HTMLSpanElement {
  const span = document.createElement("span")
  span.className = className
  span.textContent = text
  return span
}

function lineOf({ t, level, module, msg, fields }: LogRecordLine): HTMLLIElement {
  const facts = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return []
    const number = typeof value === "number" && !Number.isInteger(value) ? Number(value.toFixed(2)) : value
    return [`${name}=${typeof number === "string" ? number : JSON.stringify(number)}`]
  })
  const text = document.createElement("span")
  text.append(part("module", module), " ", part("msg", msg), " ", part("facts-of", facts.join(" ")))
  const line = document.createElement("li")
  line.className = level
  line.append(part("at", clock.format(t)), text)
  return line
}

/** The panel of one page. */
export class LogPanel {
  readonly #list = byId("log", HTMLOListElement)
  readonly #debug = byId("debug", HTMLInputElement)
  #waiting: LogRecordLine[] = []
  #timer = 0

  constructor() {
    setLogSink((record) => this.#take(record))
    this.#debug.addEventListener("change", () => setDebug(this.#debug.value))
    setDebug(this.#debug.value)
    byId("clear", HTMLButtonElement).addEventListener("click", () => this.#list.replaceChildren())
  }

  /** Adds a failure of the page itself. */
  fail(msg: string): void {
    this.#take({ t: Date.now(), level: "error", module: "page", msg, fields: {} })
  }

  /** Adds what the database has measured, as long as anything is logged. */
  measured({ name, ms, count }: { readonly name: string; readonly ms: number; readonly count: number }): void {
    if (this.#debug.value.trim() === "") return
    this.#take({ t: Date.now(), level: "trace", module: "metric", msg: name, fields: { ms, count } })
  }

  #take(record: LogRecordLine): void {
    this.#waiting.push(record)
    if (this.#waiting.length > linesMax) this.#waiting.shift()
    if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#draw(), 50)
  }

  #draw(): void {
    this.#timer = 0
    const list = this.#list
    const atEnd = list.scrollTop + list.clientHeight > list.scrollHeight - 30
    list.append(...this.#waiting.map(lineOf))
    this.#waiting = []
    while (list.childElementCount > linesMax) list.firstElementChild?.remove()
    if (atEnd) list.scrollTop = list.scrollHeight
  }
}
