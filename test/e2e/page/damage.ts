/**
 * Commands of the damage tests: builds a database whose every document can be told from a wrong one, and says what an opening
 * of it gives after somebody has been at its files.
 */
import { fixpoint } from "fixpoint"
import { type DatabaseSize, documentCount, type Inspection } from "../inspection.ts"
import { errorReport } from "./error-report.ts"

interface Damaged {
  readonly _id: string
  readonly at: number
  readonly version: number
  readonly text: string
}

const idOf = (at: number) => `document-${String(at).padStart(4, "0")}`
/** Documents whose number this divides are written again after the first compaction, and stay in the log. */
const rewritten = 7
/** The first document is written once more after the browser was closed in between. */
const versionMax = 3

/** Words in a document's text. Large databases are such that the browser moves them from its log to its tables. */
const words: Record<DatabaseSize, number> = { small: 60, large: 2_000 }

/** Text that does not compress and is the same for the same numbers. */
function textOf(at: number, version: number, size: DatabaseSize): string {
  let state = at * 2_654_435 + version * 40_503 + 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state.toString(36)
  }
  return Array.from({ length: words[size] }, next).join("")
}

const documentOf = (at: number, version: number, size: DatabaseSize): Damaged => ({
  _id: idOf(at),
  at,
  version,
  text: textOf(at, version, size),
})
const versionOf = (at: number) => (at === 0 ? versionMax : at % rewritten === 0 ? 2 : 1)
const isSame = (a: Damaged, b: Damaged) =>
  a._id === b._id && a.at === b.at && a.version === b.version && a.text === b.text && Object.keys(a).length === 4

const all = Array.from({ length: documentCount }, (_, at) => at)
const versions = Array.from({ length: versionMax }, (_, at) => at + 1)
/** Whether somebody wrote a document as it is. */
const wasWritten = (one: Damaged, size: DatabaseSize) =>
  versions.includes(one.version) && isSame(one, documentOf(one.at, one.version, size))

/** Reads everything in two ways; what a failing scan does not give, single gets may. */
async function readAll(db: ReturnType<typeof fixpoint>, failed: (error: unknown) => undefined): Promise<Damaged[]> {
  const damaged = db.collection<Damaged>("damaged")
  const scan = await damaged.where({}).all().catch(failed)
  const gets = await Promise.all(all.map((at) => damaged.get(idOf(at)).catch(failed)))
  const found = gets.filter((document) => document !== undefined)
  const extra = (scan ?? []).filter((document) => !found.some((other) => isSame(document, other)))
  return [...found, ...extra]
}

async function startAnew(name: string): Promise<string> {
  const old = fixpoint(name)
  await old.ready().catch(() => undefined)
  try {
    await old.destroy()
  } catch (error) {
    return errorReport(error).code ?? `uncoded: ${errorReport(error).message}`
  }
  const fresh = fixpoint(name)
  const damaged = fresh.collection<Damaged>("damaged")
  try {
    await damaged.put(documentOf(0, 1, "small"))
    return `${fresh.status.state} ${(await damaged.where({}).all()).length}`
  } catch (error) {
    return errorReport(error).code ?? `uncoded: ${errorReport(error).message}`
  } finally {
    await fresh.close()
  }
}

/** The commands. */
export const damage = {
  /** Makes a database with documents in blocks, and newer versions of some of them in the log. */
  async damageBuild(name: string, size: DatabaseSize): Promise<void> {
    const db = fixpoint(name)
    const damaged = db.collection<Damaged>("damaged")
    await damaged.putMany(all.map((at) => documentOf(at, 1, size)))
    await db.compact()
    for (const at of all.filter((one) => one % rewritten === 0))
      await damaged.put(documentOf(at, 2, size), { durability: "strict" })
    await db.close()
  },

  /**
   * Opens the database once more and writes one document of it, and some others, so that the browser rewrites its files.
   * Gives how many records of the log no segment has.
   */
  async damageTouch(name: string, size: DatabaseSize): Promise<number> {
    const db = fixpoint(name)
    await db.collection<Damaged>("damaged").put(documentOf(0, versionMax, size), { durability: "strict" })
    for (let at = 0; at < 5; at++) await db.collection("others").put({ at }, { durability: "strict" })
    const { logRecords } = await db.stats()
    await db.close()
    return logRecords
  },

  async damageInspect(name: string, size: DatabaseSize): Promise<Inspection> {
    const startedAt = performance.now()
    const codes = new Set<string>()
    const uncoded = new Set<string>()
    const failed = (error: unknown): undefined => {
      const { code, message } = errorReport(error)
      // A code that says that something is wrong with the engine says nothing of what is wrong with the storage.
      if (code !== undefined && code !== "INTERNAL") codes.add(code)
      else uncoded.add(message)
    }
    const db = fixpoint(name)
    db.on("error", failed)
    await db.ready().catch(failed)
    const { state, persistence, error, device = "" } = db.status
    if (error) failed(error)
    let failures = 0
    const documents = await readAll(db, (thrown) => {
      failures++
      return failed(thrown)
    })
    const report = state === "ready" ? await db.check({ deep: true }).catch(failed) : undefined
    if (db.status.error) failed(db.status.error)
    await db.close().catch(failed)
    const wrong = documents.filter((one) => !wasWritten(one, size))
    return {
      state,
      persistence,
      codes: [...codes],
      uncoded: [...uncoded],
      failed: failures,
      read: documents.length,
      current: documents.filter((one) => one.version === versionOf(one.at) && !wrong.includes(one)).length,
      wrong: wrong.map(({ _id }) => _id),
      findings: [...new Set((report?.findings ?? []).map(({ code }) => code))],
      device,
      ms: Math.round(performance.now() - startedAt),
    }
  },

  /**
   * Removes what is left of a damaged database, and begins a new one of that name. Gives what that one is, or the code. A
   * browser that finds the damage only now, while it deletes, refuses or tells of the loss, and is asked again.
   */
  async damageStartAnew(name: string): Promise<string> {
    let state = await startAnew(name)
    for (let attempt = 0; attempt < 2 && !state.startsWith("ready"); attempt++) state = await startAnew(name)
    return state
  },
}
