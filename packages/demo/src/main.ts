/** The page of the demo: opens the database and puts its parts together. Owns: who is told what. */
import "@fontsource-variable/hanken-grotesk"
import { type City, readHead, type Source, type Tile } from "./cities.ts"
import { openDatabase } from "./database.ts"
import { readDevice } from "./device.ts"
import { byId, bytes, count, duration, reason } from "./dom.ts"
import { ImportPanel } from "./import-panel.ts"
import { LogPanel } from "./log-panel.ts"
import { RecordForm } from "./record.ts"
import { Results } from "./results.ts"
import { http } from "@fixpoint/gateways/http"
import { Search } from "./search.ts"
import { StorageCard } from "./storage.ts"
import { SyncCard } from "./sync-card.ts"
import { followTheme } from "./theme.ts"
import { WorldMap } from "./world-map.ts"

const started = performance.now()
const log = new LogPanel()
const device = await readDevice().catch((error: unknown) => {
  byId("state", HTMLElement).textContent = reason(error)
  throw error
})
const db = openDatabase(device.key)
const link = db.attach(http({ url: device.bucket }))

const shown: {
  found: readonly City[]
  chosen: City | undefined
  stored: number
  total: number | undefined
  isFilling: boolean
} = {
  found: [],
  chosen: undefined,
  stored: 0,
  total: undefined,
  isFilling: false,
}
const markMap = () => map.mark({ found: shown.found, chosen: shown.chosen, area: search.area })
const map = new WorldMap({ pick: (place) => search.around(place) })
const results = new Results((id, byKeyboard) => void record.choose(id, byKeyboard))
const record = new RecordForm(db, {
  chosen(city) {
    shown.chosen = city
    results.mark(city._id)
    markMap()
  },
  left: () => results.focus(),
  nearby: (place) => search.around(place),
})
const search = new Search(db, {
  show(cities, live, places) {
    shown.found = cities
    results.show(cities, live, places)
    markMap()
  },
})
const storage = new StorageCard(db)
const sync = new SyncCard(db, link)
const imports = new ImportPanel(db, () => {
  offerImport()
  search.ask()
})

/** What the bucket has need not be imported: it is looked into first. */
function offerImport(): void {
  const wasFilling = shown.isFilling
  const isFilling = shown.stored === 0 && !sync.hasLooked
  shown.isFilling = isFilling
  if (wasFilling && !isFilling) byId("caption", HTMLElement).textContent = ""
  if (isFilling)
    byId("caption", HTMLElement).textContent = `Looking into the bucket: ${bytes(link.status.bytes.in)} so far.`
  imports.offer(shown.stored, isFilling ? 0 : shown.total)
}

function showStatus(): void {
  const { state, persistence, device, error } = db.status
  const where = { indexeddb: "stored in IndexedDB", memory: "in memory only: gone with this tab", fs: "in files" }
  byId("lamp", HTMLElement).className = `lamp ${state === "ready" && persistence === "memory" ? "memory" : state}`
  byId("state", HTMLElement).textContent = error ? reason(error) : state === "ready" ? where[persistence] : state
  byId("device", HTMLElement).textContent = device?.slice(0, 8) ?? "…"
}

/** Every tab sees an import as it goes on, whichever tab runs it: the tiles are a live query. */
function showTiles(tiles: readonly Tile[], { added }: { readonly added: readonly Tile[] }): void {
  for (const { _id, points } of added) map.add(_id, points)
  shown.stored = tiles.reduce((sum, { points }) => sum + points.length / 5, 0)
  byId("count", HTMLOutputElement).value = count(shown.stored)
  offerImport()
}

function showSource([source]: readonly Source[]): void {
  shown.total = source?.total ?? shown.total
}

async function start(): Promise<void> {
  byId("device-name", HTMLElement).textContent = device.name
  document.title = `Device ${device.name} · ${document.title}`
  followTheme(byId("theme", HTMLButtonElement), () => map.redraw())
  db.on("status", showStatus)
  db.on("metric", (metric) => log.measured(metric))
  db.on("sync", offerImport)
  db.on("error", (error) => log.fail(`${reason(error)} ${JSON.stringify(error.details)}`))
  showStatus()
  const head = readHead()
  await db.ready()
  showStatus()
  byId("caption", HTMLElement).textContent = `Opened in ${duration(performance.now() - started)}.`
  shown.total = (await head).total
  db.collections.sources.where({}).watch(showSource)
  db.collections.tiles.where({}).watch(showTiles)
  search.ask()
  if (parent !== window) parent.postMessage("open", "*")
  await Promise.all([storage.follow(), sync.follow()])
}

start().catch((error: unknown) => {
  showStatus()
  byId("state", HTMLElement).textContent = reason(error)
  log.fail(reason(error))
})
