/**
 * Commands of the tabs test: a tab that writes and writes to documents of its own and to those it shares with other tabs,
 * and the check of what has become of all of it.
 * Invariant: a write is acknowledged to the test after its promise has resolved. Each tab's numbers only grow.
 */
import { collection, counter, fixpoint } from "fixpoint"
import { tell } from "./command-loop.ts"
import { errorReport } from "./error-report.ts"

const kinds = ["own", "leaf", "votes", "total"] as const
type Kind = (typeof kinds)[number]

/** What each tab has written, by its name: how many writes of each kind were acknowledged. */
export type TabCounts = Readonly<Record<string, Readonly<Partial<Record<Kind, number>>>>>

/** What a tab tells unasked. */
export interface TabNews {
  readonly counts?: Readonly<Partial<Record<Kind, number>>>
  readonly failure?: string
}

/** What a tab sees. */
export interface TabReport {
  /** Digest of what a query gives, and of what the live query has put together. */
  readonly digest: string
  readonly live: string
  readonly documents: number
  /** Acknowledged writes that are not there. */
  readonly lost: readonly string[]
  /** Writes of which a part is there and a part is not. */
  readonly torn: readonly string[]
  readonly findings: readonly string[]
  readonly state: string
}

interface Shared {
  readonly _id: string
  readonly n?: number
  readonly votes?: number
  readonly count?: Readonly<Record<string, number>>
  readonly by?: Readonly<Record<string, number>>
}

/** Names of all tabs. */
export const tabNames = ["a", "b", "c", "d"] as const

const openDatabase = () => {
  const counts = tabNames.map((name) => [`count.${name}`, counter()] as const)
  const shared = collection<Shared>({ fields: { votes: counter(), ...Object.fromEntries(counts) } })
  return fixpoint("tabs", { collections: { shared } })
}
type Database = ReturnType<typeof openDatabase>

interface Held {
  readonly db: Database
  readonly name: string
  live: readonly Shared[]
  readonly counts: Partial<Record<Kind, number>>
  /** Writes that were told that they may not be stored: nothing was promised. */
  refused: number
  stopping: boolean
  running: Promise<unknown>
}
let held: Held | undefined

const tab = (): Held => {
  if (!held) throw new Error("the tab is not open")
  return held
}

/**
 * Refusals that a tab takes and goes on: a read-modify-write met others more often than it retries; or another tab, which
 * stands still in the middle of a transaction, kept the platform's storage for itself.
 */
const bearable = ["CONFLICT", "STORE_TIMEOUT"]

/**
 * What a writer rests between two writes, so that no tab is ahead of the others by hundreds. The sixteen writers of four tabs still
 * want more than a platform does, and hardly a moment is without a write under way.
 */
const breathMs = 20
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Each kind of write says in two places how often it was made, so that a part of it can be told from the whole. */
const writes: Record<Kind, (held: Held, n: number) => Promise<unknown>> = {
  own: ({ db, name }, n) => db.collections.shared.put({ _id: `own-${name}-${n}`, n }),
  leaf: ({ db, name }, n) => db.collections.shared.patch("leaf", { [`by.${name}`]: n }),
  votes: ({ db, name }) =>
    db.transaction(async (tx) => {
      void tx.collections.shared.increment("votes", "votes", 1)
      void tx.collections.shared.increment("votes", `count.${name}`, 1)
    }),
  total: ({ db, name }) =>
    db.collections.shared.update("total", (old) => ({
      ...old,
      n: (old.n ?? 0) + 1,
      by: { ...old.by, [name]: (old.by?.[name] ?? 0) + 1 },
    })),
}

async function runWriter(mine: Held, kind: Kind): Promise<void> {
  while (!mine.stopping) {
    const n = (mine.counts[kind] ?? 0) + 1
    try {
      await writes[kind](mine, n)
      mine.counts[kind] = n
    } catch (error) {
      if (!bearable.includes(errorReport(error).code ?? "")) throw error
      mine.refused++
    }
    await pause(breathMs)
  }
}

/** Tells the test what was acknowledged, one message at a time, for as long as the tab writes. */
async function runHerald(mine: Held): Promise<void> {
  while (!mine.stopping) {
    await tell({ counts: { ...mine.counts } } satisfies TabNews)
    await pause(20)
  }
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, sorted(one)]),
        )
      : value

async function digestOf(documents: readonly Shared[]): Promise<string> {
  const text = documents.map((document) => JSON.stringify(sorted(document))).sort()
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text.join("\n")))
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0)

/** Finds what was acknowledged and is not there. */
function findLost(all: ReadonlyMap<string, Shared>, counts: TabCounts): string[] {
  return Object.entries(counts).flatMap(([name, { own = 0, leaf = 0, votes = 0, total = 0 }]) => {
    const missing = Array.from({ length: own }, (_, at) => `own-${name}-${at + 1}`).filter((id) => !all.has(id))
    const behind = Object.entries({ leaf, votes, total }).flatMap(([id, n]) => {
      const { by, count } = all.get(id) ?? {}
      const found = (id === "votes" ? count : by)?.[name] ?? 0
      return found < n ? [`${id} of ${name}: ${found} of ${n}`] : []
    })
    return [...missing, ...behind]
  })
}

/** Finds transactions and read-modify-writes that are there in part. */
function findTorn(all: ReadonlyMap<string, Shared>): string[] {
  const wrong: string[] = []
  const votes = all.get("votes")
  const voted = sum(Object.values(votes?.count ?? {}))
  if ((votes?.votes ?? 0) !== voted) wrong.push(`votes: ${votes?.votes} of ${voted}`)
  const total = all.get("total")
  const totalled = sum(Object.values(total?.by ?? {}))
  if ((total?.n ?? 0) !== totalled) wrong.push(`total: ${total?.n} of ${totalled}`)
  return wrong
}

/** The commands. */
export const tabs = {
  /** Opens the database and keeps a live query of all of it. The first tab makes the shared documents. */
  async tabsOpen(name: string, first: boolean): Promise<void> {
    const db = openDatabase()
    const mine: Held = { db, name, live: [], counts: {}, refused: 0, stopping: false, running: Promise.resolve() }
    await db.ready()
    if (first) await db.collections.shared.putMany(["leaf", "votes", "total"].map((_id) => ({ _id })))
    db.collections.shared.where({}).watch((documents) => {
      mine.live = documents
    })
    held = mine
  },

  /** Writes until `tabsStop`. */
  tabsWrite(): void {
    const mine = tab()
    mine.stopping = false
    const failed = (error: unknown) => {
      void tell({ failure: `${mine.name}: ${errorReport(error).message}` } satisfies TabNews)
    }
    const all = [...kinds.map((kind) => runWriter(mine, kind)), runHerald(mine)]
    mine.running = Promise.all(all.map((one) => one.catch(failed)))
  },

  /** Ends the writing for now or for good, and gives what was acknowledged in all. */
  async tabsStop(): Promise<{ counts: Readonly<Partial<Record<Kind, number>>>; refused: number }> {
    const mine = tab()
    mine.stopping = true
    await mine.running
    return { counts: mine.counts, refused: mine.refused }
  },

  /** What this tab sees, compared with what was acknowledged to all. */
  async tabsReport(counts: TabCounts): Promise<TabReport> {
    const { db, live } = tab()
    const documents = await db.collections.shared.where({}).all()
    const all = new Map(documents.map((document) => [document._id, document]))
    const { findings } = await db.check({ deep: true })
    return {
      digest: await digestOf(documents),
      live: await digestOf(live),
      documents: documents.length,
      lost: findLost(all, counts),
      torn: findTorn(all),
      findings: findings.map(({ code, where }) => `${code} at ${where}`),
      state: db.status.state,
    }
  },
}
