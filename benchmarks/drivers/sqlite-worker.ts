/** The worker of the SQLite driver: one database in OPFS, one call a message. Must not know people. */
import sqlite3InitModule, { type BindableValue, type Database, type SqlValue } from "@sqlite.org/sqlite-wasm"

/** Runs a statement for each list of values, as one transaction; gives the rows of all. `open` opens a database first. */
export interface SqliteCall {
  readonly id: number
  readonly open?: { readonly name: string; readonly synchronous: "normal" | "full" }
  readonly sql: string
  readonly values: readonly (readonly (string | number)[])[]
}

/** What became of a call. */
export interface SqliteAnswer {
  readonly id: number
  readonly rows?: Record<string, SqlValue>[]
  readonly error?: string
}

let db: Database | undefined

/** Its OPFS part gives up after 4 s where the machine is busy; it is asked again then. */
async function sqliteWithOpfs() {
  for (let tries = 0; tries < 3; tries++) {
    const sqlite3 = await sqlite3InitModule()
    if (sqlite3.oo1.OpfsDb) return sqlite3
  }
  throw new Error("no OPFS for SQLite here")
}

async function openFile({ name, synchronous }: NonNullable<SqliteCall["open"]>): Promise<Database> {
  const sqlite3 = await sqliteWithOpfs()
  const opened = new sqlite3.oo1.OpfsDb(`/${name}.sqlite3`, "c")
  return opened.exec(`pragma synchronous = ${synchronous}`)
}

async function perform({ open, sql, values }: SqliteCall): Promise<Record<string, SqlValue>[]> {
  if (open) db = await openFile(open)
  const rows: Record<string, SqlValue>[] = []
  db?.transaction((opened) => {
    if (values.length === 0) return void opened.exec(sql)
    const statement = opened.prepare(sql)
    for (const bound of values) {
      if (bound.length > 0) statement.bind(bound as BindableValue[])
      while (statement.step()) rows.push(statement.get({}))
      statement.reset()
    }
    statement.finalize()
  })
  return rows
}

let last = Promise.resolve()
addEventListener("message", ({ data }: MessageEvent<SqliteCall>) => {
  last = last.then(async () => {
    const answer = await perform(data).then(
      (rows): SqliteAnswer => ({ id: data.id, rows }),
      (error: unknown): SqliteAnswer => ({ id: data.id, error: String(error) }),
    )
    postMessage(answer)
  })
})
