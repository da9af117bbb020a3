/** The parts of the engine, there from the start: a load would take time that no seed knows of. */
import * as cells from "@fixpoint/core/cells"
import * as check from "@fixpoint/core/check"
import * as conflicts from "@fixpoint/core/conflicts"
import * as files from "@fixpoint/core/files"
import * as history from "@fixpoint/core/history"
import * as indexes from "@fixpoint/core/indexes"
import * as queries from "@fixpoint/core/queries"
import * as search from "@fixpoint/core/search"
import * as text from "@fixpoint/core/text"
import * as transaction from "@fixpoint/core/transaction"
import * as undo from "@fixpoint/core/undo"
import * as sync from "@fixpoint/core/sync"
import * as upkeep from "@fixpoint/core/upkeep"
import * as yjs from "@fixpoint/core/yjs"
import type { EngineParts } from "@fixpoint/core"

/** What engines under test are given. */
export const parts: EngineParts = {
  cells: async () => cells,
  check: async () => check,
  conflicts: async () => conflicts,
  files: async () => files,
  history: async () => history,
  indexes: async () => indexes,
  queries: async () => queries,
  transaction: async () => transaction,
  search: async () => search,
  text: async () => text,
  yjs: async () => yjs,
  undo: async () => undo,
  sync: async () => sync,
  upkeep: async () => upkeep,
}
