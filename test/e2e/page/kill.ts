/**
 * Commands of the kill and power-cut tests: writers whose every commit can be checked later, and the check.
 * Invariant: a writer tells the test of a commit after its promise has resolved, and begins the next one after that; what the
 * test has heard of is acknowledged. Each writer's numbers only grow, so that one read shows what was lost.
 */
import { collection, counter, fixpoint } from "fixpoint"
import { tell } from "./command-loop.ts"
import { errorReport } from "./error-report.ts"

/** A number of each writer. */
export type Numbers = Readonly<Record<string, number>>

/** What a page tells unasked: what was acknowledged and when, or a write that failed. */
export interface KillNews {
  readonly at: number
  readonly acknowledged: Numbers
  readonly failure?: { readonly message: string }
}

/** What the check of a database found. */
export interface KillReport {
  /** Acknowledged writes that are not there. */
  readonly lost: readonly string[]
  /** Commits of which a part is there and a part is not. */
  readonly torn: readonly string[]
  readonly findings: readonly string[]
  readonly state: string
  readonly persistence: string
  readonly error: string | undefined
  /** The number that each writer has reached. */
  readonly reached: Numbers
  readonly openMs: number
  readonly segments: number
}

/** How hard the writers work. "compact" and "bulk" make flushes and compactions happen under their feet. */
export interface WriteMode {
  readonly durability: "relaxed" | "strict"
  readonly load: "small" | "compact" | "bulk"
  readonly writers: readonly WriterName[]
  /** Ends after so many commits of each writer; without it, with the page. */
  readonly commits?: number
}

interface Kill {
  readonly _id: string
  readonly n?: number
  readonly sum?: number
  readonly votes?: number
  readonly nested?: { readonly twin?: number }
  readonly text?: string
}

const openDatabase = () =>
  fixpoint("kill", { collections: { kill: collection<Kill>({ fields: { votes: counter() } }) } })
type Database = ReturnType<typeof openDatabase>

const parts = [0, 1, 2, 3, 4]
const slotCount = 5
const sumOf = (n: number, part: number) => (n * 2_654_435_761 + part * 40_503) % 2_147_483_648
const textOf = (n: number, part: number, size: number) =>
  `${sumOf(n, part)} `.repeat(Math.ceil(size / 8)).slice(0, size)

type Writer = (db: Database, n: number, mode: WriteMode) => Promise<unknown>

/** Each commit of a writer is of one kind, and carries its number wherever it writes. */
const writers = {
  /** A transaction over several documents. */
  group: (db, n, { durability }) =>
    db.transaction(
      async (tx) => {
        for (const part of parts) void tx.collections.kill.put({ _id: `group-${part}`, n, sum: sumOf(n, part) })
      },
      { durability },
    ),
  /** Two leaves of one document. */
  patch: (db, n, { durability }) =>
    n === 1
      ? db.collections.kill.put({ _id: "patch", n, nested: { twin: n } }, { durability })
      : db.collections.kill.patch("patch", { n, "nested.twin": n }, { durability }),
  /** A document that stays. */
  insert: (db, n, { durability }) =>
    db.collections.kill.put({ _id: `insert-${n}`, n, text: textOf(n, 0, 200) }, { durability }),
  /** Many documents in one call, over those of five commits ago; in bulk, enough of them to fill the memtable. */
  many: (db, n, { durability, load }) =>
    db.collections.kill.putMany(
      parts.map((part) => ({
        _id: `many-${n % slotCount}-${part}`,
        n,
        text: textOf(n, part, load === "bulk" ? 30_000 : 100),
      })),
      { durability },
    ),
  /** A counter and a plain field that must count alike. */
  votes: (db, n, { durability }) =>
    db.transaction(
      async (tx) => {
        if (n === 1) void tx.collections.kill.put({ _id: "votes" })
        void tx.collections.kill.increment("votes", "votes", 1)
        void tx.collections.kill.patch("votes", { n })
      },
      { durability },
    ),
  /** Makes a document and deletes it again, and says in another one which of the two it was. */
  flip: (db, n, { durability }) =>
    db.transaction(
      async (tx) => {
        if (n % 2 === 1) void tx.collections.kill.put({ _id: "flip", n })
        else void tx.collections.kill.delete("flip")
        void tx.collections.kill.put({ _id: "flip-state", n })
      },
      { durability },
    ),
} satisfies Record<string, Writer>

/** The name of a writer. */
export type WriterName = keyof typeof writers

/** All writers. */
export const writerNames = Object.keys(writers) as WriterName[]

const held: { db?: Database; openMs: number; failures: number } = { openMs: 0, failures: 0 }

/** Posts what was acknowledged since the last post, one post at a time. */
const news: { fresh: Record<string, number>; sending: boolean } = { fresh: {}, sending: false }
async function announce(writer: string, n: number): Promise<void> {
  news.fresh[writer] = n
  if (news.sending) return
  news.sending = true
  while (Object.keys(news.fresh).length > 0) {
    const acknowledged = news.fresh
    news.fresh = {}
    await tell({ at: Date.now(), acknowledged } satisfies KillNews)
  }
  news.sending = false
}

async function runWriter(db: Database, name: WriterName, start: number, mode: WriteMode): Promise<void> {
  const writer: Writer = writers[name]
  for (let n = start + 1; n <= start + (mode.commits ?? Infinity); n++) {
    await writer(db, n, mode)
    void announce(name, n)
  }
}

type Documents = ReadonlyMap<string, Kill>
interface Read {
  readonly reached: number
  readonly torn: readonly string[]
}

const whole = (name: string, numbers: readonly (number | undefined)[]): Read => ({
  reached: numbers[0] ?? 0,
  torn: new Set(numbers).size > 1 ? [`${name}: ${numbers.join(" ")}`] : [],
})

/** Finds how far each writer came, and what of it is not whole. */
const readers: Record<WriterName, (all: Documents) => Read> = {
  group: (all) => {
    const documents = parts.map((part) => all.get(`group-${part}`))
    const read = whole(
      "group",
      documents.map((document) => document?.n),
    )
    const wrong = documents.filter((document, part) => document && document.sum !== sumOf(document.n ?? 0, part))
    return { ...read, torn: [...read.torn, ...wrong.map((document) => `group: wrong sum in ${document?._id}`)] }
  },
  patch: (all) => whole("patch", [all.get("patch")?.n, all.get("patch")?.nested?.twin]),
  insert: (all) => {
    const numbers = [...all.values()].flatMap(({ _id, n = 0 }) => (_id.startsWith("insert-") ? [n] : []))
    const reached = numbers.reduce((max, n) => Math.max(max, n), 0)
    const wrong = numbers.filter((n) => all.get(`insert-${n}`)?.text !== textOf(n, 0, 200))
    const gaps = reached === numbers.length ? [] : [`insert: ${numbers.length} documents up to number ${reached}`]
    return { reached, torn: [...gaps, ...wrong.map((n) => `insert: wrong text in ${n}`)] }
  },
  many: (all) => {
    const numbers = [...all.values()].flatMap(({ _id, n = 0 }) => (_id.startsWith("many-") ? [n] : []))
    const reached = numbers.reduce((max, n) => Math.max(max, n), 0)
    const wrong: string[] = []
    for (let n = Math.max(1, reached - slotCount + 1); n <= reached; n++)
      for (const part of parts) {
        const id = `many-${n % slotCount}-${part}`
        const { n: found, text = "" } = all.get(id) ?? {}
        if (found !== n || text !== textOf(n, part, text.length)) wrong.push(`many: ${id} has ${found} and not ${n}`)
      }
    return { reached, torn: wrong }
  },
  votes: (all) => whole("votes", [all.get("votes")?.n, all.get("votes")?.votes]),
  flip: (all) => {
    const reached = all.get("flip-state")?.n ?? 0
    const expected = reached % 2 === 1 ? reached : undefined
    const found = all.get("flip")?.n
    return { reached, torn: found === expected ? [] : [`flip: state ${reached}, document ${found}`] }
  },
}

async function readAll(db: Database): Promise<Documents> {
  const documents = await db.collections.kill.where({}).all()
  return new Map(documents.map((document) => [document._id, document]))
}

async function opened(): Promise<Database> {
  if (!held.db) {
    const startedAt = performance.now()
    held.db = openDatabase()
    await held.db.ready()
    held.openMs = performance.now() - startedAt
  }
  return held.db
}

/** The commands. */
export const kill = {
  /** Opens the database, reads everything, and compares it with what was acknowledged before. */
  async killVerify(acknowledged: Numbers): Promise<KillReport> {
    const db = await opened()
    const all = await readAll(db)
    const { findings, segments } = await db.check({ deep: true })
    const reads = writerNames.map((name) => ({ name, acknowledged: acknowledged[name] ?? 0, ...readers[name](all) }))
    return {
      lost: reads.flatMap((read) =>
        read.reached < read.acknowledged ? [`${read.name}: ${read.reached} of ${read.acknowledged}`] : [],
      ),
      torn: reads.flatMap(({ torn }) => torn),
      findings: findings.map(({ code, where, message }) => `${code} at ${where}: ${message}`),
      state: db.status.state,
      persistence: db.status.persistence,
      error: db.status.error?.code,
      reached: Object.fromEntries(reads.map(({ name, reached }) => [name, reached])),
      openMs: Math.round(held.openMs),
      segments,
    }
  },

  /** Lets the writers go on from where they were; resolves when the first commit of each is acknowledged or all have ended. */
  async killWrite(mode: WriteMode, reached: Numbers): Promise<void> {
    const db = await opened()
    const failed = (error: unknown) => {
      const failure = errorReport(error)
      void tell({ at: Date.now(), acknowledged: {}, failure } satisfies KillNews)
    }
    const running = mode.writers.map((name) => runWriter(db, name, reached[name] ?? 0, mode).catch(failed))
    if (mode.load === "compact") {
      const compacting = async () => {
        for (;;) await db.compact()
      }
      void compacting().catch(failed)
    }
    if (mode.commits !== undefined) await Promise.all(running)
  },
}
