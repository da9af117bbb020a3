/**
 * The contract of the public interface, as one suite that runs wherever an engine can: in the caller's thread, and in a real
 * worker. Must not know which of them it is.
 */
import type { Database } from "fixpoint"
import { afterEach, describe, test } from "vitest"
import { attachments, pages } from "./suite/attachments.ts"
import { type Cases, type Open, type OpenTodos, todos } from "./suite/case.ts"
import { life } from "./suite/life.ts"
import { liveQueries } from "./suite/live-queries.ts"
import { past } from "./suite/past.ts"
import { queryForms } from "./suite/query-forms.ts"
import { reading } from "./suite/reading.ts"
import { searching } from "./suite/searching.ts"
import { notes, texts } from "./suite/texts.ts"
import { transactions } from "./suite/transactions.ts"
import { undo } from "./suite/undo.ts"
import { writing } from "./suite/writing.ts"

const suites: Readonly<Record<string, Cases>> = {
  writing,
  reading,
  "live queries": liveQueries,
  "query forms": queryForms,
  searching,
  transactions,
  undo,
  past,
  "the life of a database": life,
}

/** Declares the suite. */
export function describeFacade(open: Open): void {
  const opened: Database[] = []
  const openTodos: OpenTodos = (options = {}, name) => {
    const db = open({ ...options, collections: todos() }, name)
    opened.push(db as unknown as Database)
    return db
  }
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close()
  })
  const openNotes = () => {
    const name = crypto.randomUUID()
    return () => {
      const db = open({ collections: notes() }, name)
      opened.push(db as unknown as Database)
      return db
    }
  }
  describe("attachments", () => {
    for (const [title, run] of Object.entries(attachments))
      test(title, () =>
        run(() => {
          const db = open({ collections: pages() })
          opened.push(db as unknown as Database)
          return db
        }),
      )
  })
  describe("texts", () => {
    for (const [title, run] of Object.entries(texts)) test(title, () => run(openNotes()))
  })
  for (const [what, cases] of Object.entries(suites))
    describe(what, () => {
      for (const [title, run] of Object.entries(cases)) test(title, () => run(openTodos))
    })
}
