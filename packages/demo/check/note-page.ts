/**
 * The page of the note as the check uses it. Owns: the names of its elements.
 * Must not know what is expected.
 */
import type { Tab } from "./tab.ts"

/** The note in one tab. */
export class NotePage {
  readonly tab: Tab

  constructor(tab: Tab) {
    this.tab = tab
  }

  /** Waits until the note can be written in. */
  async opened(): Promise<void> {
    await this.tab.until("the note opens", `document.body.dataset.ready === "yes"`)
  }

  /** Types before or behind all that is there. */
  async write(text: string, where: "start" | "end"): Promise<void> {
    await this.tab.front()
    await this.tab.read(`(() => {
      const editor = document.querySelector(".ProseMirror")
      editor.focus()
      const selection = getSelection()
      selection.selectAllChildren(editor)
      selection.collapseTo${where === "start" ? "Start" : "End"}()
      return new Promise((resolve) => setTimeout(resolve, 50))
    })()`)
    await this.tab.insert(text)
  }

  /** Waits until the note has all of these texts, and none of those; gives how long that took. */
  async shows(texts: readonly string[], gone: readonly string[] = []): Promise<number> {
    const text = `document.querySelector(".ProseMirror").textContent`
    const has = texts.map((one) => `${text}.includes(${JSON.stringify(one)})`)
    const lacks = gone.map((one) => `!${text}.includes(${JSON.stringify(one)})`)
    try {
      return await this.tab.until(`the note shows ${texts.join(", ")}`, [...has, ...lacks].join(" && "))
    } catch (cause) {
      const said = await this.tab.text("#note-told")
      throw new Error(`${String(cause)}; it shows: ${await this.tab.text(".ProseMirror")} ${said}`, { cause })
    }
  }

  /** The note as a plain field, once it has this text. */
  async plain(text: string): Promise<string> {
    const plain = `document.querySelector("#plain").textContent`
    await this.tab.until(`the field has ${text}`, `${plain}.includes(${JSON.stringify(text)})`)
    return this.tab.read(plain)
  }

  /** Switches the device online or offline. */
  async goOnline(online: boolean): Promise<void> {
    await this.tab.click("#online")
    const state = `document.querySelector("#sync-told").dataset.state`
    await this.tab.until(`the link is ${online ? "up" : "stopped"}`, `(${state} === "stopped") !== ${online}`)
  }
}
