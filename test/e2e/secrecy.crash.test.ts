// What a database was given is nowhere to be read: not in what IndexedDB gives, not in the files of the profile, not in any line
// of the log. The same search finds what was stored without Fixpoint.
import { join } from "node:path"
import { expect } from "vitest"
import { type EngineRun, testEngines } from "../harness/engine-tests.ts"
import { type Browser, launchPrinting } from "../harness/launch.ts"
import { Site } from "../harness/site.ts"
import { MarkerScan, type Sighting } from "./marker-scan.ts"
import { makeMarkers, scanFor, word } from "./markers.ts"
import type { PageCommands } from "./page/e2e-page.ts"
import { refusals } from "./page/secret-work.ts"

const keyKinds = ["device", "passphrase", "raw"] as const
const secretsOf = (sightings: readonly Sighting[]) => [...new Set(sightings.map(({ secret }) => secret))].sort()
/** A record as the browsers print it; Firefox prints text as a quoted string. */
const logRecord = /\\?"module\\?":\\?"(\w+)/g

/** One browser profile, and all that was ever printed by it. */
class Witness {
  readonly #run: EngineRun
  readonly #site: Site<PageCommands>
  #browser: Browser | undefined
  output = ""

  private constructor(run: EngineRun, site: Site<PageCommands>) {
    this.#run = run
    this.#site = site
  }

  static async open(run: EngineRun): Promise<Witness> {
    const site = await Site.open<PageCommands>(new URL("page", import.meta.url).pathname)
    run.finally(() => site.close())
    const witness = new Witness(run, site)
    run.finally(async () => witness.#browser?.crash())
    return witness
  }

  get tab() {
    return this.#site.tab("secrecy")
  }

  get profile(): string {
    return join(this.#run.folder, "profile")
  }

  async start(): Promise<void> {
    const opened = this.tab.opened()
    const take = (text: string) => {
      this.output += text
    }
    this.#browser = await launchPrinting(this.#run.engine, this.profile, this.#site.url("secrecy"), take)
    await opened
  }

  async end(how: "stop" | "crash"): Promise<void> {
    await this.#browser?.[how]()
    this.tab.lose()
  }
}

testEngines("no marker and no key is in IndexedDB, in the profile's files or in the log", async (run) => {
  const markers = makeMarkers()
  const control = word("control")
  const secrets = scanFor(markers)
  const controls = new MarkerScan({ control })
  const witness = await Witness.open(run)
  await witness.start()
  const { tab } = witness
  await tab.call("secrecyDebug", "*:trace", "json")
  await tab.call("secrecyPrint", control)
  for (const key of keyKinds) {
    const { refused, count } = await tab.callWithin(60_000, "secrecyWork", key, key, markers)
    expect(count).toBe(203)
    expect(refused).toEqual(refusals)
  }
  await tab.call("writeControl", "control", [control])

  const stored = await tab.callWithin(60_000, "storedBytes")
  const through = (scan: MarkerScan) =>
    stored.flatMap(({ where, base64 }) => scan.in(Buffer.from(base64, "base64"), where))
  expect(secretsOf(through(controls)), "the search finds what is there").toEqual(["control"])
  expect(through(secrets), "through IndexedDB").toEqual([])
  const exposed = stored.filter(({ where }) => where.endsWith("extractable=true"))
  expect(exposed, "no stored key can be exported").toEqual([])
  expect(stored.filter(({ where }) => where.endsWith("extractable=false"))).not.toEqual([])

  await witness.end("crash")
  expect(secretsOf(controls.inFolder(witness.profile)), "the search finds what is there").toEqual(["control"])
  expect(secrets.inFolder(witness.profile), "in the files that a killed browser left").toEqual([])

  await witness.start()
  for (const key of keyKinds) await tab.callWithin(60_000, "secrecyWork", `${key}-2`, key, markers)
  await witness.end("stop")
  expect(secretsOf(controls.inFolder(witness.profile))).toEqual(["control"])
  expect(secrets.inFolder(witness.profile), "in the files that an orderly browser left").toEqual([])

  const records = [...witness.output.matchAll(logRecord)].map(([, module]) => module)
  expect(records, "the log was heard").toEqual(expect.arrayContaining(["db"]))
  expect(secretsOf(controls.in(witness.output, "the log")), "the search finds what is there").toEqual(["control"])
  expect(witness.output, "workers are heard too").toContain(`${control} in a worker`)
  expect(secrets.in(witness.output, "the log"), "in the log").toEqual([])
  const modules = [...new Set(records)].sort()
  run.note(`  ${stored.length} stored values, ${records.length} records of the log, of ${modules.join(", ")}`)
})
