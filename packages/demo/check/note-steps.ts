/** What the check looks at in the note that two devices write in. Owns: the expectations, and the note's tabs. */
import { setTimeout as delay } from "node:timers/promises"
import { NotePage } from "./note-page.ts"
import { same } from "./report.ts"
import { ms, otherOf, type Scene } from "./scene.ts"

async function open({ drive }: Scene, url: string): Promise<NotePage> {
  const page = new NotePage(await drive.openTab(new URL("notes.html", url).href))
  await page.opened()
  return page
}

/** Two write in one text, together and apart; all of it is there, and undo takes back what was written here alone. */
export async function note(scene: Scene): Promise<string> {
  const here = await open(scene, scene.home)
  const there = await open(scene, otherOf(scene, 0))
  await here.write("Ibirapuera in the morning.", "end")
  const first = await there.shows(["Ibirapuera in the morning."])
  await there.write(" Rua Augusta at night.", "end")
  const second = await here.shows(["Ibirapuera in the morning.", "Rua Augusta at night."])
  await here.goOnline(false)
  await there.goOnline(false)
  await here.write("Written here. ", "start")
  await here.begins("Written here. Ibirapuera")
  await there.write(" Written there.", "end")
  const all = ["Written here.", "Ibirapuera in the morning.", "Rua Augusta at night.", "Written there."]
  await here.goOnline(true)
  await there.goOnline(true)
  await Promise.all([here.shows(all), there.shows(all)])
  const together = await there.plain("Written here. Ibirapuera")
  await Promise.all([here.begins("Written here. Ibirapuera"), there.begins("Written here. Ibirapuera")])
  await here.turn("undo")
  await there.shows(["Ibirapuera in the morning.", "Written there."], ["Written here."])
  const plain = await here.plain("Written there.")
  await here.turn("redo")
  await there.shows(all)
  same("The text when it is done again", await there.plain("Written here."), together)
  await here.tab.close()
  await there.tab.close()
  return `seen after ${ms(first)} and ${ms(second)}; both texts written apart are there; undo took one back: ${plain}`
}

/** More than the time in which what follows each other is one step of undo. */
const pauseMs = 900

/** A title, a picture and a text are written, seen elsewhere, looked up in the past, and taken back in their order. */
export async function notePast(scene: Scene): Promise<string> {
  const here = await open(scene, scene.home)
  const there = await open(scene, otherOf(scene, 0))
  await here.entitle("A day in São Paulo")
  await there.entitled("A day in São Paulo")
  await there.entitle("A night in São Paulo")
  await here.entitled("A night in São Paulo")
  const past = await here.past("title", "A night")
  same("Values of the title", past.length, 2)
  if (!past[0]?.includes("· device ") || !past[1]?.includes("· this device"))
    throw new Error(`wrote: ${past.join("; ")}`)
  await here.drop("ipe.png")
  await here.pictures("ipe.png")
  const came = await there.pictures("ipe.png")
  await delay(pauseMs)
  await here.write(" With a picture.", "end")
  await there.shows(["With a picture."])
  await here.past("body", "With a picture.")
  await here.past("title", "A night")
  await delay(pauseMs)
  await here.restore(1)
  await there.entitled("A day in São Paulo")
  await here.past("title", "A day")
  // The title, the text, the picture: in the order in which they were written here.
  await here.turn("undo")
  await there.entitled("A night in São Paulo")
  await there.shows(["With a picture."])
  await here.turn("undo")
  await there.shows([], ["With a picture."])
  await here.pictures("ipe.png")
  await here.turn("undo")
  await there.pictures(undefined)
  for (let i = 0; i < 3; i++) await here.turn("redo")
  await there.entitled("A day in São Paulo")
  await there.shows(["With a picture."])
  await there.pictures("ipe.png")
  await here.tab.close()
  await there.tab.close()
  return `title restored from its past (${past[1]}); picture there after ${ms(came)}; title, text and picture taken back and done again`
}
