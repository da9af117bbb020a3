/**
 * What must hold of engines around a bucket. Owns: the checks, by the names of docs/bucket-protocol.md (I…) and of oracles (O…).
 * Invariant: what is right is worked out from what was put into the bucket and what users were told, by no code of the engine but
 * the merge of states itself. Must not change anything.
 */
import { asFixpointError } from "@fixpoint/core/errors"
import { rowKey, type State, viewState } from "@fixpoint/core/sync"
import { Violation } from "../sync/published.ts"
import { attachedTo, isAsPut } from "./attachments.ts"
import type { SimulatedBucket } from "./simulated-bucket.ts"
import type { EngineTab, LinkedTab, SimulatedEngineDevice } from "./simulated-device.ts"
import type { Sight, Token, TokenBook } from "./token-book.ts"
import { essay } from "./typists.ts"

/** What no object, no log and no block may hold in clear. */
export const canary = "Kanarienvogel"

/** What is checked. */
export interface Checked {
  readonly bucket: SimulatedBucket
  readonly tokens: TokenBook
  readonly devices: readonly SimulatedEngineDevice[]
  readonly living: readonly SimulatedEngineDevice[]
  /** Whether the bucket has lost anything that was put into it. */
  readonly hasLostObjects: boolean
  checkCoverage(): void
  tabOf(device: SimulatedEngineDevice): Promise<LinkedTab>
  until<T>(work: Promise<T>): Promise<T>
}

/** The documents of tokens, at one moment; undefined where there are none. */
export async function readSight({ engine }: EngineTab, { pages }: TokenBook): Promise<Sight | undefined> {
  const found = await engine.get("docs", ["book", "names", essay.id, ...pages])
  if (found.every((document) => document === undefined)) return undefined
  const [book, names, text, ...marked] = found
  const { n = 0 } = JSON.parse(book?.text ?? "{}") as { readonly n?: number }
  const { tags = [] } = JSON.parse(names?.text ?? "{}") as { readonly tags?: readonly string[] }
  const { text: typed = "" } = JSON.parse(text?.text ?? "{}") as { readonly text?: string }
  const marks = marked.flatMap((page) => Object.keys(JSON.parse(page?.text ?? "{}") as object))
  return { total: n, names: tags, words: typed.split(" ").filter((word) => word !== ""), marks }
}

/** What must hold of any read at any time: whole commits, each once, and the reader's own. */
export function checkSight(tokens: TokenBook, sight: Sight, own: readonly Token[]): void {
  const complaint = tokens.complaint(sight)
  if (complaint !== undefined) throw new Violation(complaint)
  const shown = new Set([...sight.names, ...sight.words, ...sight.marks])
  const [lost] = own.filter(({ name, state }) => state === "must" && !shown.has(name))
  if (lost !== undefined) throw new Violation(`O5: ${lost.device} does not see its own ${lost.name}`)
}

/** Versions as one text. */
export function versionsText(versions: Readonly<Record<string, number>>): string {
  const texts = Object.entries(versions).map(([actor, hlc]) => `${actor}@${hlc}`)
  return texts.sort((a, b) => (a < b ? -1 : 1)).join(" ")
}

/** I10: what a device has of others never becomes less, until it has lost its own disk. */
export function checkProgress(
  { bucket }: { readonly bucket: Pick<SimulatedBucket, "actorsOf"> },
  device: Pick<SimulatedEngineDevice, "name" | "knownOthers" | "selves"> & { readonly seeded: object },
  versions: Readonly<Record<string, number>>,
): void {
  const own = bucket.actorsOf.get(device.seeded)
  for (const [actor, hlc] of device.knownOthers)
    if ((versions[actor] ?? 0) < hlc && own?.has(actor) !== true && !device.selves.has(actor))
      throw new Violation(`I10: ${device.name} has forgotten what ${actor} wrote`)
  for (const [actor, hlc] of Object.entries(versions)) device.knownOthers.set(actor, hlc)
}

/** What must hold when all is at rest; gives the digest that all have. */
export async function checkAtRest(simulation: Checked, when: string): Promise<string> {
  const { bucket, tokens, living } = simulation
  simulation.checkCoverage()
  checkConfidential(simulation)
  // A pack that the bucket lost before anybody had read it, and whose author is gone too, is nowhere: then all must be the same.
  let expected = simulation.hasLostObjects ? undefined : viewOf(bucket.published.fold())
  const byVersions = new Map<string, string>()
  let last = ""
  for (const device of living) {
    const { engine, link } = await simulation.tabOf(device)
    const name = `${device.name} ${when}`
    if (link.status().pending > 0) throw new Violation(`I6: ${name} has not published everything`)
    const { digest, versions } = await simulation.until((await engine.sync()).digest())
    const key = versionsText(versions)
    if ((byVersions.get(key) ?? digest) !== digest) throw new Violation(`I3: equal heads, other digests: ${name}`)
    byVersions.set(key, digest)
    // Where the bucket has lost packs, a seal names the last that was left; who had more keeps it, and gives it back as a base.
    for (const [actor, hlc] of simulation.hasLostObjects ? [] : Object.entries(versions))
      if (hlc > (bucket.published.sealOf(actor) ?? Number.POSITIVE_INFINITY))
        throw new Violation(`I8: ${name} has gone beyond the seal of an actor`)
    const shown = await shownBy(simulation, device)
    expected ??= shown
    if (shown !== expected) throw new Violation(`I4: ${name} differs from what was published\n${shown}\n${expected}`)
    const sight = await simulation.until(readSight(await simulation.tabOf(device), tokens))
    if (sight !== undefined) checkSight(tokens, sight, [])
    const [missing] = tokens.missing(sight ?? { total: 0, names: [], words: [], marks: [] })
    if (missing !== undefined) throw new Violation(`I5: ${missing.name} of ${missing.device} is lost: ${name}`)
    await checkFiles(simulation, device, name)
    const report = await simulation.until(engine.check({ deep: true }))
    if (!report.ok) throw new Violation(`O7: the storage of ${name} is damaged: ${JSON.stringify(report.findings)}`)
    last = digest
  }
  return last
}

/** Every file that a document names can be read, as it was put; what a bucket has lost may be nowhere any more. */
async function checkFiles(simulation: Checked, device: SimulatedEngineDevice, name: string): Promise<void> {
  const { engine } = await simulation.tabOf(device)
  for (const [key, document] of await documentsOf(simulation, device))
    for (const file of attachedTo(document)) {
      const outcome = await simulation.until(isAsPut(engine, file)).catch((error: unknown) => {
        const { code } = asFixpointError(error)
        return code === "FILE_MISSING" && simulation.hasLostObjects ? true : code
      })
      if (outcome !== true) throw new Violation(`I5: a file of ${key} cannot be read: ${name}: ${outcome}`)
    }
}

/** Everything that a device shows, in one form. */
async function shownBy(simulation: Checked, device: SimulatedEngineDevice): Promise<string> {
  return inOneForm(await documentsOf(simulation, device))
}

async function documentsOf(
  simulation: Checked,
  device: SimulatedEngineDevice,
): Promise<(readonly [key: string, document: object])[]> {
  const { engine } = await simulation.tabOf(device)
  const query = engine.query({
    collection: "docs",
    filter: { kind: "and", filters: [] },
    order: [],
    limit: undefined,
  })
  const { documents } = await simulation.until(query)
  return documents.map(({ id, text }) => [rowKey("docs", id), JSON.parse(text) as object])
}

/** What users see of states. */
function viewOf(rows: ReadonlyMap<string, State>): string {
  return inOneForm(
    [...rows].flatMap(([key, state]) => {
      const view = viewState(state)
      return view === undefined ? [] : [[key, view.document] as const]
    }),
  )
}

function inOneForm(documents: readonly (readonly [key: string, document: object])[]): string {
  const sorted = documents.map(([key, document]) => [
    key,
    Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
  return JSON.stringify(sorted.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)))
}

/** I11: nothing of what users wrote can be read from what is stored, here or there. */
function checkConfidential({ bucket, devices }: Checked): void {
  const found = (bytes: Uint8Array): boolean =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(canary)
  for (const [name, { bytes }] of bucket.content.all)
    if (found(bytes) || name.includes(canary)) throw new Violation(`I11: ${name} can be read`)
  for (const { name, stored } of devices) {
    const { log, blocks, manifest } = stored
    const all = [
      ...log.map(({ bytes }) => bytes),
      ...blocks.values(),
      ...(manifest === undefined ? [] : [manifest.bytes]),
    ]
    if (all.some(found)) throw new Violation(`I11: the disk of ${name} can be read`)
  }
}
