// Three devices, two profiles of Chromium and one of Firefox, on the bucket of one `fixpoint serve`: what they write apart is merged,
// what a killed one had acknowledged is there, and nothing in the bucket can be read.
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { openBucketServer } from "@fixpoint/cli/server"
import { fs } from "@fixpoint/gateways/fs"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { type Browser, type Engine, launch, present } from "../harness/launch.ts"
import { filesIn } from "../harness/profile-files.ts"
import { Site } from "../harness/site.ts"
import { MarkerScan } from "./marker-scan.ts"
import { word } from "./markers.ts"
import type { PageCommands } from "./page/e2e-page.ts"

const secret = Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)

/** A browser profile that is opened, killed and opened again. */
class Device {
  readonly #site: Site<PageCommands>
  readonly #engine: Engine
  readonly #profile: string
  readonly #name: string
  readonly #bucket: string
  #browser: Browser | undefined

  constructor(
    run: EngineRun,
    site: Site<PageCommands>,
    bucket: string,
    { name, engine }: { name: string; engine: Engine },
  ) {
    this.#site = site
    this.#engine = engine
    this.#profile = join(run.folder, name)
    this.#name = name
    this.#bucket = bucket
    run.finally(async () => this.#browser?.crash())
  }

  get tab() {
    return this.#site.tab(this.#name)
  }

  async start(): Promise<void> {
    const opened = this.tab.opened()
    this.#browser = await launch(this.#engine, this.#profile, this.#site.url(this.#name))
    await opened
    await this.tab.call("syncOpen", this.#bucket, secret)
  }

  async kill(): Promise<void> {
    await this.#browser?.crash()
    this.tab.lose()
  }

  async sync(): Promise<void> {
    await this.tab.callWithin(60_000, "syncNow")
  }
}

async function expectConverged(devices: readonly Device[]) {
  for (let round = 0; round < 2; round++) for (const device of devices) await device.sync()
  const reports = []
  for (const { tab } of devices) reports.push(await tab.callWithin(60_000, "syncReport"))
  for (const report of reports) {
    expect(report.digest).toBe(reports[0]?.digest)
    expect(report.documents).toEqual(reports[0]?.documents)
    expect(report).toMatchObject({ state: "idle", pending: 0 })
  }
  return reports[0]?.documents ?? {}
}

testEngines(
  "devices merge what they wrote apart, and kills in mid-push and mid-pull lose nothing",
  async (run) => {
    const directory = join(run.folder, "bucket")
    const server = await openBucketServer({ bucket: fs({ directory }) })
    run.finally(() => server.close())
    const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
    run.finally(() => site.close())
    const acknowledged = new Set<number>()
    site.onAck = (_, message) => void acknowledged.add((message as { readonly flood: number }).flood)
    const marker = word("bucket")

    const a = new Device(run, site, server.url, { name: "a", engine: "chromium" })
    const b = new Device(run, site, server.url, { name: "b", engine: "chromium" })
    const c = new Device(run, site, server.url, {
      name: "c",
      engine: present.includes("firefox") ? "firefox" : "chromium",
    })
    await a.start()
    await b.start()
    await a.tab.call("syncPut", { _id: "shared", x: 1, y: 1, text: marker } as { _id: string })
    await a.sync()
    await b.sync()
    for (const { tab } of [a, b]) await tab.call("syncPause", true)
    await a.tab.call("syncPatch", "shared", { x: 2 })
    await b.tab.call("syncPatch", "shared", { y: 3 })
    for (const { tab } of [a, b]) await tab.call("syncPause", false)
    const merged = await expectConverged([a, b])
    expect(merged["shared"]).toMatchObject({ x: 2, y: 3 })

    for (let cycle = 0; cycle < 3; cycle++) {
      void a.tab.callWithin(60_000, "syncFlood", cycle * 1_000, 1_000, marker).catch(() => undefined)
      while (![...acknowledged].some((n) => n >= cycle * 1_000)) await delay(5)
      await delay(100 + 350 * cycle)
      await a.kill()
      await a.start()
    }
    await c.start()
    const all = await expectConverged([a, b, c])
    for (const n of acknowledged) expect(all[`flood-${n}`]).toMatchObject({ n, text: marker })

    await a.tab.callWithin(60_000, "syncMany", "bulk", 5_000, marker)
    await a.sync()
    for (let cycle = 0; cycle < 3; cycle++) {
      void b.sync().catch(() => undefined)
      await delay(20 + 120 * cycle)
      await b.kill()
      await b.start()
    }
    const final = await expectConverged([a, b, c])
    expect(Object.keys(final).filter((id) => id.startsWith("bulk-"))).toHaveLength(5_000)

    const scan = new MarkerScan({ marker, key: Uint8Array.from(secret), name: "sync-e2e", id: "flood-1000" })
    expect(scan.inFolder(directory), "nothing in the bucket can be read").toEqual([])
    const names = filesIn(directory).join("\n")
    expect(scan.in(Buffer.from(names), "names of objects")).toEqual([])
    run.note(`  ${acknowledged.size} acknowledged writes over 3 kills in mid-push; ${names.split("\n").length} objects`)
  },
  ["chromium"],
)
