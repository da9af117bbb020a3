/**
 * Commands of the damage tests: builds a database whose every document can be told from a wrong one, and says what an opening
 * of it gives after somebody has been at its files.
 */
import { fixpoint, type KeySource, keys } from "fixpoint"
import { errorReport } from "./command-loop.ts"

interface Damaged {
  readonly _id: string
  readonly at: number
  readonly version: number
  readonly text: string
}

/** What opening and reading a database gave. Codes of failures; `uncoded` are the failures that have none. */
export interface Inspection {
  readonly state: string
  readonly persistence: string
  /** Codes that opening, reading, the status or an error event gave. */
  readonly codes: readonly string[]
  readonly uncoded: readonly string[]
  /** Documents read, those as last written, and those that nobody wrote. */
  readonly read: number
  readonly current: number
  readonly wrong: readonly string[]
  readonly findings: readonly string[]
  readonly ms: number
}

const documentCount = 300
const idOf = (at: number) => `document-${String(at).padStart(4, "0")}`
/** Documents whose number this divides are written again after the first compaction, and stay in the log. */
const rewritten = 7

/** Text that does not compress and is the same for the same numbers. */
function textOf(at: number, version: number): string {
  let state = at * 2_654_435 + version * 40_503 + 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state.toString(36)
  }
  return Array.from({ length: 60 }, next).join("")
}

const documentOf = (at: number, version: number): Damaged => ({ _id: idOf(at), at, version, text: textOf(at, version) })
const versionOf = (at: number) => (at % rewritten === 0 ? 2 : 1)
const isSame = (a: Damaged, b: Damaged) =>
  a._id === b._id && a.at === b.at && a.version === b.version && a.text === b.text && Object.keys(a).length === 4

const all = Array.from({ length: documentCount }, (_, at) => at)

/** Reads everything in two ways; what a failing scan does not give, single gets may. */
async function readAll(db: ReturnType<typeof fixpoint>, failed: (error: unknown) => void): Promise<Damaged[]> {
  const damaged = db.collection<Damaged>("damaged")
  const scan = await damaged.where({}).all().catch(failed)
  const gets = await Promise.all(all.map((at) => damaged.get(idOf(at)).catch(failed)))
  const found = gets.filter((document) => document !== undefined)
  const extra = (scan ?? []).filter((document) => !found.some((other) => isSame(document, other)))
  return [...found, ...extra]
}

const sources: Record<string, () => KeySource> = {
  device: () => keys.device(),
  right: () => keys.passphrase(() => "the right words"),
  wrong: () => keys.passphrase(() => "other words"),
  silent: () => keys.passphrase(() => ""),
  raw: () => keys.raw(new Uint8Array(32).fill(1)),
  otherRaw: () => keys.raw(new Uint8Array(32).fill(2)),
}

/** The commands. */
export const damage = {
  /** Makes a database with documents in blocks and, unless `settled`, later ones in the log. */
  async damageBuild(name: string): Promise<void> {
    const db = fixpoint(name)
    const damaged = db.collection<Damaged>("damaged")
    await damaged.putMany(all.map((at) => documentOf(at, 1)))
    await db.compact()
    for (const at of all.filter((one) => versionOf(one) === 2))
      await damaged.put(documentOf(at, 2), { durability: "strict" })
    await db.close()
  },

  /** Opens and closes a database, so that the browser rewrites its files. */
  async damageTouch(name: string): Promise<void> {
    const db = fixpoint(name)
    await db.ready()
    await db.collection<Damaged>("damaged").put(documentOf(0, 2), { durability: "strict" })
    await db.close()
  },

  async damageInspect(name: string): Promise<Inspection> {
    const startedAt = performance.now()
    const codes = new Set<string>()
    const uncoded: string[] = []
    const failed = (error: unknown): undefined => {
      const { code, message } = errorReport(error)
      if (code) codes.add(code)
      else uncoded.push(message)
    }
    const db = fixpoint(name)
    db.on("error", failed)
    await db.ready().catch(failed)
    const { state, persistence, error } = db.status
    if (error) failed(error)
    const documents = await readAll(db, failed)
    const report = state === "ready" ? await db.check({ deep: true }).catch(failed) : undefined
    if (db.status.error) failed(db.status.error)
    await db.close().catch(failed)
    return {
      state,
      persistence,
      codes: [...codes],
      uncoded,
      read: documents.length,
      current: documents.filter((one) => isSame(one, documentOf(one.at, versionOf(one.at)))).length,
      wrong: documents.filter((one) => ![1, 2].some((v) => isSame(one, documentOf(one.at, v)))).map(({ _id }) => _id),
      findings: (report?.findings ?? []).map(({ code }) => code),
      ms: Math.round(performance.now() - startedAt),
    }
  },

  /** Removes what is left of a damaged database, and begins a new one of that name. */
  async damageStartAnew(name: string): Promise<{ state: string; read: number }> {
    const db = fixpoint(name)
    await db.ready().catch(() => undefined)
    await db.destroy()
    const fresh = fixpoint(name)
    await fresh.collection<Damaged>("damaged").put(documentOf(0, 1))
    const documents = await fresh.collection<Damaged>("damaged").where({}).all()
    const { state } = fresh.status
    await fresh.close()
    return { state, read: documents.length }
  },

  /** Opens a database with a key source, writes to it if `text` is given, and gives the code or what it holds. */
  async openWith(name: string, source: string, text?: string): Promise<string> {
    const make = sources[source]
    if (!make) throw new Error(`no key source ${source}`)
    const db = fixpoint(name, { keys: make() })
    try {
      await db.ready()
      if (text !== undefined) await db.put({ _id: "a", text })
      return String(((await db.get("a")) as { text?: string } | undefined)?.text)
    } catch (error) {
      return errorReport(error).code ?? `uncoded: ${errorReport(error).message}`
    } finally {
      await db.close()
    }
  },
}
