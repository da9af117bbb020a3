/** What the check looks at in the note that two devices write in. Owns: the expectations, and the note's tabs. */
import { NotePage } from "./note-page.ts"
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
  await there.write(" Written there.", "end")
  const all = ["Written here.", "Ibirapuera in the morning.", "Rua Augusta at night.", "Written there."]
  await here.goOnline(true)
  await there.goOnline(true)
  await Promise.all([here.shows(all), there.shows(all)])
  await here.tab.front()
  await here.tab.click("#undo")
  await there.shows(["Ibirapuera in the morning.", "Written there."], ["Written here."])
  const plain = await here.plain("Written there.")
  await here.tab.close()
  await there.tab.close()
  return `seen after ${ms(first)} and ${ms(second)}; both texts written apart are there; undo took one back: ${plain}`
}
