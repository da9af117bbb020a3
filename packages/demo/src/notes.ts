/** The page of the note that all devices write in: its title, its text, and what is taken back. Owns: who is told what. */
import "@fontsource-variable/hanken-grotesk"
import { http } from "@fixpoint/gateways/http"
import { openDatabase } from "./database.ts"
import { readDevice } from "./device.ts"
import { byId, reason } from "./dom.ts"
import { commands, editNote } from "./note-editor.ts"
import { SyncCard } from "./sync-card.ts"
import { followTheme } from "./theme.ts"

/** There is one note. */
const id = "shared"
/** Writes of the title that follow each other so closely are taken back together. */
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
  notes.where({ _id: id }).watch(([note]) => {
    isThere = note !== undefined
    if (title.value !== (note?.title ?? "")) title.value = note?.title ?? ""
    byId("plain", HTMLElement).textContent = note?.body ?? ""
  })
  title.addEventListener("input", () => {
    const change = { title: title.value }
    const written = isThere ? notes.patch(id, change) : notes.put({ _id: id, ...change })
    written.catch(fail)
  })
  // The title is a field like any other, and so it is the database that takes it back.
  const stack = db.undo({ groupMs })
  title.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || !["z", "y"].includes(event.key)) return
    event.preventDefault()
    const undone = event.key === "y" ? stack.redo() : stack.undo()
    undone.then((result) => (told.textContent = result ? "" : "There is nothing to take back."), fail)
  })
  document.body.dataset["ready"] = "yes"
  if (parent !== window) parent.postMessage("open", "*")
  await sync.follow()
}

start().catch(fail)
