/**
 * Where the parts come from that are loaded on demand. The bundle of the worker has this file's twin instead, which loads
 * them as files of their own: scripts/bundle-worker.mjs makes one of each `import()` here.
 */
import type { EngineParts, Loader } from "@fixpoint/core"

/** What of an engine's surroundings not every database needs. */
export interface HomeParts {
  /** Keys that somebody remembers. */
  readonly passphrase: Loader<typeof import("@fixpoint/core/passphrase")>
  /** The store in memory. */
  readonly memory: Loader<typeof import("@fixpoint/core/memory")>
  /** What makes gateways of what a page has sent. */
  readonly remote: Loader<Pick<typeof import("./remote-part.ts"), "openRemote">>
}

/** The parts, each by its entry. */
export const parts: EngineParts & HomeParts = {
  cells: () => import("@fixpoint/core/cells"),
  check: () => import("@fixpoint/core/check"),
  upkeep: () => import("@fixpoint/core/upkeep"),
  passphrase: () => import("@fixpoint/core/passphrase"),
  memory: () => import("@fixpoint/core/memory"),
  conflicts: () => import("@fixpoint/core/conflicts"),
  history: () => import("@fixpoint/core/history"),
  indexes: () => import("@fixpoint/core/indexes"),
  queries: () => import("@fixpoint/core/queries"),
  transaction: () => import("@fixpoint/core/transaction"),
  search: () => import("@fixpoint/core/search"),
  text: () => import("@fixpoint/core/text"),
  yjs: () => import("@fixpoint/core/yjs"),
  files: () => import("@fixpoint/core/files"),
  undo: () => import("@fixpoint/core/undo"),
  sync: () => import("@fixpoint/core/sync"),
  remote: () => import("./remote-part.ts"),
}
