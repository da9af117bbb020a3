/** The page of the note that all devices write in: its title, text and picture, and what is taken back. Owns: who is told what. */
import "@fontsource-variable/hanken-grotesk"
import { http } from "@fixpoint/gateways/http"
import { type CityDatabase, openDatabase } from "./database.ts"
import { readDevice } from "./device.ts"
import { byId, reason } from "./dom.ts"
import { commands, editNote } from "./note-editor.ts"
import { NoteHistory } from "./note-history.ts"
import { NotePicture } from "./note-picture.ts"
import { SyncCard } from "./sync-card.ts"
import { followTheme } from "./theme.ts"

/** There is one note. */
const id = "shared"
/** What is typed and written so closely after each other is taken back together. */
const groupMs = 700

const title = byId("title", HTMLInputElement)
const told = byId("note-told", HTMLParagraphElement)
const fail = (error: unknown) => {
  told.textContent = reason(error)
}

async function start(): Promise<void> {
  followTheme(byId("theme", HTMLButtonElement), () => undefined)
  const device = await readDevice()
  document.title = `Device ${device.name} · ${document.title}`
  byId("device-name", HTMLElement).textContent = device.name
  const db = openDatabase(device.key)
  db.on("error", fail)
  const sync = new SyncCard(db, db.attach(http({ url: device.bucket })))
  const { notes } = db.collections

  const text = await notes.text(id, "body")
  text.awareness.setLocalStateField("user", { name: `Device ${device.name}`, color: "#e08a2e" })
  const editor = editNote(byId("body", HTMLElement), text)
  for (const [name, command] of Object.entries(commands))
    byId(name, HTMLButtonElement).addEventListener("click", () => {
      command(editor.state, editor.dispatch, editor)
      editor.focus()
    })

  let isThere = false
  const write = (change: { readonly title: string } | { readonly photo: File }): void => {
    const written = isThere ? notes.patch(id, change) : notes.put({ _id: id, ...change })
    written.catch(fail)
  }
  const picture = new NotePicture(byId("note", HTMLElement), {
    keep: (photo) => write({ photo }),
    remove: () => void notes.patch(id, { photo: undefined }).catch(fail),
  })
  const past = new NoteHistory(db, id)
  notes.where({ _id: id }).watch(([note]) => {
    isThere = note !== undefined
    if (title.value !== (note?.title ?? "")) title.value = note?.title ?? ""
    byId("plain", HTMLElement).textContent = note?.body ?? ""
    picture.show(note?.photo).catch(fail)
    void past.show()
  })
  title.addEventListener("input", () => write({ title: title.value }))
  takeBack(db)
  document.body.dataset["ready"] = "yes"
  if (parent !== window) parent.postMessage("open", "*")
  await sync.follow()
}

/** One stack for the title, the text and the picture, in the order in which they were written here. */
function takeBack(db: CityDatabase): void {
  const stack = db.undo({ groupMs })
  const turn = (verb: "undo" | "redo"): void => {
    const nothing = verb === "undo" ? "There is nothing to take back." : "There is nothing to do again."
    stack[verb]().then((result) => (told.textContent = result ? "" : nothing), fail)
  }
  for (const verb of ["undo", "redo"] as const)
    byId(verb, HTMLButtonElement).addEventListener("click", () => turn(verb))
  document.addEventListener(
    "keydown",
    (event) => {
      const key = event.key.toLowerCase()
      if (!(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return
      event.preventDefault()
      turn(key === "y" || event.shiftKey ? "redo" : "undo")
    },
    true,
  )
}

start().catch(fail)
