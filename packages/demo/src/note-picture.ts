/**
 * The picture of the note: dropped in or chosen, stored with the note, shown by its address. Owns: the element that shows it, and
 * the attachment whose address that is. Must not know where its bytes come from.
 */
import type { Attachment } from "fixpoint"
import { byId, bytes } from "./dom.ts"

/** What is done with a picture. */
export interface PictureKeeper {
  keep(picture: File): void
  remove(): void
}

/** Shows one picture, and takes another in. */
export class NotePicture {
  readonly #frame = byId("picture", HTMLElement)
  readonly #image = byId("photo", HTMLImageElement)
  readonly #told = byId("picture-told", HTMLElement)
  #shown: Attachment | undefined

  constructor(note: HTMLElement, keeper: PictureKeeper) {
    const chosen = byId("picture-file", HTMLInputElement)
    chosen.addEventListener("input", () => {
      const [picture] = chosen.files ?? []
      if (picture !== undefined) keeper.keep(picture)
    })
    byId("picture-gone", HTMLButtonElement).addEventListener("click", () => keeper.remove())
    note.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return
      event.preventDefault()
      note.classList.add("dropping")
    })
    note.addEventListener("dragleave", () => note.classList.remove("dropping"))
    // Before the editor, which would make text of it.
    note.addEventListener("drop", (event) => this.#drop(event, note, keeper), true)
  }

  /** Shows what the note has. */
  async show(picture: Attachment | undefined): Promise<void> {
    if (picture?.cid === this.#shown?.cid) return
    const before = this.#shown
    this.#shown = picture
    this.#frame.hidden = picture === undefined
    before?.close()
    if (picture === undefined) return
    this.#told.textContent = "on its way…"
    const address = await picture.url()
    if (this.#shown !== picture) return
    this.#image.src = address
    this.#image.alt = picture.name
    this.#told.textContent = `${picture.name}, ${bytes(picture.size)}`
  }

  #drop(event: DragEvent, note: HTMLElement, { keep }: PictureKeeper): void {
    note.classList.remove("dropping")
    const picture = [...(event.dataTransfer?.files ?? [])].find(({ type }) => type.startsWith("image/"))
    if (picture === undefined) return
    event.preventDefault()
    event.stopPropagation()
    keep(picture)
  }
}
