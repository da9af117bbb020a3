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

  /**
   * Types before or behind all that is there. The cursor comes there by a click: one that a script puts at the start, just after
   * the focus, is taken by ProseMirror for the browser's own doing, and put back to where it was.
   */
  async write(text: string, where: "start" | "end"): Promise<void> {
    await this.tab.front()
    const [x, y] = await this.tab.read<[number, number]>(`(() => {
      const editor = document.querySelector(".ProseMirror")
      const texts = []
      const walk = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT)
      while (walk.nextNode()) texts.push(walk.currentNode)
      const text = texts.at(${where === "start" ? 0 : -1})
      const range = document.createRange()
      range.selectNode(text ?? editor.firstElementChild)
      range.startContainer.scrollIntoView({ block: "nearest" })
      const rects = range.getClientRects()
      const { left, right, top, height } = rects[${where === "start" ? "0" : "rects.length - 1"}]
      return [${where === "start" ? "left + 1" : "right - 1"}, top + height / 2]
    })()`)
    await this.tab.clickAt(x, y)
    await this.tab.insert(text)
  }

  /** Waits until the note begins with a text. */
  async begins(text: string): Promise<void> {
    const start = `document.querySelector(".ProseMirror").textContent.slice(0, ${text.length})`
    await this.tab.until(`the note begins with ${text}`, `${start} === ${JSON.stringify(text)}`)
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

  /** Drops a picture of one colour on the note. */
  async drop(name: string): Promise<void> {
    await this.tab.read(`(async () => {
      const canvas = new OffscreenCanvas(320, 200)
      const context = canvas.getContext("2d")
      context.fillStyle = "#e08a2e"
      context.fillRect(0, 0, 320, 200)
      const picture = new File([await canvas.convertToBlob()], ${JSON.stringify(name)}, { type: "image/png" })
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(picture)
      const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true })
      document.querySelector("#body").dispatchEvent(drop)
    })()`)
  }

  /** Waits until a picture of this name is shown, or none; gives how long that took. */
  async pictures(name: string | undefined): Promise<number> {
    const shown = `!document.querySelector("#picture").hidden`
    const image = `document.querySelector("#photo")`
    if (name === undefined) return await this.tab.until("no picture is shown", `!(${shown})`)
    const isThis = `${image}.alt === ${JSON.stringify(name)} && ${image}.complete && ${image}.naturalWidth === 320`
    return await this.tab.until(`the picture ${name} is shown`, `${shown} && ${isThis}`)
  }

  /** Writes the title. */
  async entitle(title: string): Promise<void> {
    await this.tab.front()
    await this.tab.type("#title", title)
  }

  /** Waits until the title is this one. */
  async entitled(title: string): Promise<void> {
    const value = `document.querySelector("#title").value`
    await this.tab.until(`the title is ${title}`, `${value} === ${JSON.stringify(title)}`)
  }

  /** The past of a field as it is shown, newest first, once it begins with a value. */
  async past(field: "title" | "body" | "photo", newest: string): Promise<readonly string[]> {
    await this.tab.choose("#past-field", field)
    const first = `document.querySelector("#past li b")?.textContent.includes(${JSON.stringify(newest)})`
    await this.tab.until(`the past of ${field} begins with ${newest}`, first)
    return await this.tab.read(`[...document.querySelectorAll("#past li")].map((one) =>
      [...one.querySelectorAll("b, small")].map((part) => part.textContent).join(" · "))`)
  }

  /** Goes back to the value of the field whose past is shown that stands at a place of it. */
  async restore(place: number): Promise<void> {
    await this.tab.front()
    await this.tab.click(`#past li:nth-child(${place + 1}) button`)
  }

  /** Takes back, or does again, what was written here last. */
  async turn(verb: "undo" | "redo"): Promise<void> {
    await this.tab.front()
    await this.tab.click(`#${verb}`)
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
