/** What stands about an answer: how much was found, the call, and what it read. Owns: that text, and the pages' buttons. */
import type { QueryStats } from "fixpoint"
import { byId, count, duration } from "./dom.ts"
import { codeOf, type Question } from "./question.ts"

/** Part of an answer that is on the screen. */
interface Shown {
  readonly from: number
  readonly shown: number
  readonly hasMore: boolean
}

function figure(text: string, what: string, className = ""): HTMLLIElement {
  const item = document.createElement("li")
  const bold = document.createElement("b")
  bold.textContent = text
  item.className = className
  item.append(bold, ` ${what}`)
  return item
}

const counted = (value: number, one: string, many = `${one}s`) => figure(count(value), value === 1 ? one : many)

/** The panel of one page. */
export class AnswerPanel {
  readonly #told = byId("told", HTMLParagraphElement)
  readonly #call = byId("call", HTMLElement)
  readonly #figures = byId("figures", HTMLUListElement)
  readonly #before = byId("before", HTMLButtonElement)
  readonly #after = byId("after", HTMLButtonElement)
  #shown: Shown = { from: 0, shown: 0, hasMore: false }
  #found = ""

  /** `turn` is asked for the page before or after this one. */
  constructor(turn: (by: 1 | -1) => void) {
    this.#before.addEventListener("click", () => turn(-1))
    this.#after.addEventListener("click", () => turn(1))
  }

  /** Begins with a question that has no answer yet. */
  ask(question: Question): void {
    this.#call.textContent = codeOf(question)
    this.#found = ""
    delete this.#told.dataset["asked"]
    delete this.#told.dataset["found"]
  }

  /** How much there is in all, at least where `isCut`. */
  found(found: number, isCut = false): void {
    this.#found = `${count(found)}${isCut ? " and more" : ""} ${found === 1 ? "city" : "cities"}`
    this.#told.dataset["found"] = String(found)
    this.#tell()
  }

  /** What is on the screen of it. */
  show(now: Shown): void {
    this.#shown = now
    this.#before.disabled = now.from === 0
    this.#after.disabled = !now.hasMore
    this.#tell()
  }

  /** How it was found, and after how long it was on the screen. A search tells no more than its hits. */
  explain(stats: QueryStats | undefined, { hits, screenMs }: { hits: number; screenMs: number }): void {
    const { index, warning, entriesRead = 0, rowsRead = hits, blocksRead = 0, ms } = stats ?? {}
    const way = stats ? (index ?? (stats.fullScan ? "no index" : "ids")) : "words of names"
    this.#figures.replaceChildren(
      warning ? figure(warning, "every row is read", "warning") : figure(way, ""),
      ...(stats ? [counted(entriesRead, "entry", "entries"), counted(rowsRead, "row")] : [counted(hits, "hit")]),
      ...(stats ? [counted(blocksRead, "block"), figure(duration(stats.ms), "in the engine")] : []),
      figure(duration(screenMs), "to the screen"),
    )
    const read = { index: way, warning: warning ?? "", entries: entriesRead, rows: rowsRead, blocks: blocksRead }
    Object.assign(this.#told.dataset, { ...read, ms: ms ?? "", screen: screenMs.toFixed(1) })
  }

  /** Says that the answer is complete, for whoever waits for it. */
  done({ text, country, size, visited, order }: Question): void {
    this.#told.dataset["asked"] = [text, country, size, visited, order].join("|")
  }

  /** Says what went wrong. */
  fail(text: string): void {
    this.#told.textContent = text
  }

  #tell(): void {
    const { from, shown } = this.#shown
    const bold = document.createElement("b")
    bold.textContent = this.#found
    const part = shown > 0 ? `${count(from + 1)} to ${count(from + shown)}` : ""
    this.#told.replaceChildren(bold, this.#found && part ? ", " : "", part)
  }
}
