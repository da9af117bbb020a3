/** The storage card: figures of the engine and the chores a reader may ask for. Owns: nothing but its place on the page. */
import { compareWithSource } from "./compare.ts"
import type { CityDatabase } from "./database.ts"
import { byId, bytes, count, duration, reason } from "./dom.ts"

const everyMs = 1_000

/** The card of one page. */
export class StorageCard {
  readonly #db: CityDatabase
  readonly #told = byId("storage-told", HTMLParagraphElement)
  readonly #chores: HTMLButtonElement[]

  constructor(db: CityDatabase) {
    this.#db = db
    this.#chores = [
      this.#chore("compact", () => this.#compact()),
      this.#chore("check", () => this.#check()),
      this.#chore("digest", () => this.#digest()),
      this.#chore("compare", () => this.#compare()),
      this.#chore("erase", () => this.#erase()),
    ]
  }

  /** Shows the figures of now and keeps them current while the page is in sight. */
  async follow(): Promise<void> {
    for (;;) {
      if (document.visibilityState === "visible") await this.#figures().catch((error: unknown) => this.#say(error))
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }

  #chore(id: string, run: () => Promise<string>): HTMLButtonElement {
    const button = byId(id, HTMLButtonElement)
    button.addEventListener("click", () => void this.#run(run))
    return button
  }

  async #run(run: () => Promise<string>): Promise<void> {
    for (const button of this.#chores) button.disabled = true
    this.#told.dataset["state"] = "busy"
    this.#say("Working…")
    try {
      this.#say(await run())
      this.#told.dataset["state"] = "done"
    } catch (error) {
      this.#say(error)
      this.#told.dataset["state"] = "failed"
    }
    for (const button of this.#chores) button.disabled = false
  }

  #say(what: unknown): void {
    const bad = typeof what !== "string"
    this.#told.textContent = bad ? reason(what) : what
    this.#told.classList.toggle("bad", bad)
  }

  async #figures(): Promise<void> {
    const stats = await this.#db.stats()
    const segments = [...stats.segments].sort((a, b) => b.level - a.level)
    const rows = segments.reduce((sum, segment) => sum + segment.rows, stats.memtableRows)
    byId("stored", HTMLElement).textContent = bytes(stats.storedBytes)
    byId("per-record", HTMLElement).textContent = rows > 0 ? bytes(Math.round(stats.storedBytes / rows)) : "–"
    const { usage } = (await navigator.storage?.estimate?.()) ?? {}
    byId("usage", HTMLElement).textContent = usage === undefined ? "–" : bytes(usage)
    byId("segments", HTMLElement).textContent = count(segments.length)
    const parts = segments.map(({ level, rows }) => ({ level: String(Math.min(level, 2)), rows }))
    if (stats.memtableRows > 0) parts.push({ level: "log", rows: stats.memtableRows })
    const bars = parts.map(({ level, rows }) => {
      const bar = document.createElement("i")
      bar.dataset["level"] = level
      bar.style.flexGrow = String(Math.max(1, rows))
      return bar
    })
    byId("levels", HTMLElement).replaceChildren(...bars)
    const inMemory = stats.memtableRows > 0 ? `, ${count(stats.memtableRows)} in the log` : ""
    const told = `${count(rows - stats.memtableRows)} rows in segments${inMemory}.`
    byId("levels-told", HTMLElement).textContent = rows > 0 ? told : "Nothing stored yet."
  }

  async #compact(): Promise<string> {
    const started = performance.now()
    await this.#db.compact()
    await this.#figures()
    return `Compacted in ${duration(performance.now() - started)}.`
  }

  async #check(): Promise<string> {
    const started = performance.now()
    const { ok, findings, blocks } = await this.#db.check({ deep: true })
    Object.assign(this.#told.dataset, { ok, findings: findings.length, blocks })
    const ms = duration(performance.now() - started)
    if (ok) return `Read and verified ${count(blocks)} blocks in ${ms}; nothing is wrong.`
    return findings.map(({ code, where }) => `${code} at ${where}`).join("; ")
  }

  async #digest(): Promise<string> {
    const started = performance.now()
    const digest = await this.#db.digest()
    this.#told.dataset["digest"] = digest
    return `${digest} (${duration(performance.now() - started)})`
  }

  async #compare(): Promise<string> {
    const told = (done: number, total: number) => this.#say(`Compared ${count(done)} of ${count(total)} records…`)
    const { ms, ...found } = await compareWithSource(this.#db, told)
    Object.assign(this.#told.dataset, found)
    const edited = found.edited > 0 ? `, ${count(found.edited)} edited` : ""
    const bad = found.missing + found.wrong > 0 ? `, ${count(found.missing)} missing, ${count(found.wrong)} wrong` : ""
    return `${count(found.counted)} records: ${count(found.same)} as in the source${edited}${bad} (${duration(ms)}).`
  }

  async #erase(): Promise<string> {
    const sure = byId("sure", HTMLDialogElement)
    sure.returnValue = "no"
    sure.showModal()
    await new Promise((resolve) => sure.addEventListener("close", resolve, { once: true }))
    if (sure.returnValue !== "yes") return "Kept."
    await this.#db.destroy()
    location.reload()
    return "Erased."
  }
}
