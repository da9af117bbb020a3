/** The systems of the comparison. Owns: their names, what each does and does not do, and where its driver is. */
import type { Driver } from "./driver.ts"

/** What a system is besides fast: it stands beside the figures. */
export interface Traits {
  readonly encrypts: boolean
  /** What two devices that wrote apart come to: fields, whole documents, or nothing of its own. */
  readonly merges: "by field" | "by document" | "text and fields" | "no"
  readonly tabs: boolean
  /** Where its work is done. */
  readonly thread: "page" | "worker"
  /** Where a database lies while it is open. */
  readonly data: "on disk" | "all in memory"
}

/** One system. The harness in Node reads the names; only the page loads the driver. */
export interface System {
  readonly id: string
  readonly label: string
  /** The npm package whose version is reported. */
  readonly package: string
  readonly traits: Traits
  /** The ones that ratios are asked against: they take part in every round. */
  readonly isMain?: true
  /** Scenarios it has no means for, by id, with the reason. */
  readonly cannot: Readonly<Record<string, string>>
  load(): Promise<Driver>
}

const noStrict = "no way to ask for durability against power loss"
const noTransaction = "no transaction over several documents"
const noSearch = "no full-text search of its own"
const noText = "no text that several write in"
/** Why a system cannot take part in what devices share through a server of objects. */
const noSync = (reason: string) => ({ sync: reason, "sync-fill": reason })
const noSyncAtAll = noSync("no synchronisation of its own")
const plainPage = { encrypts: false, merges: "no", thread: "page", data: "on disk" } as const
const inMemory = { encrypts: false, thread: "page", data: "all in memory" } as const

/** The systems, in the order of the tables. */
export const systems: readonly System[] = [
  {
    id: "fixpoint",
    label: "Fixpoint",
    package: "fixpoint",
    traits: { encrypts: true, merges: "text and fields", tabs: true, thread: "worker", data: "on disk" },
    isMain: true,
    cannot: {},
    load: async () => (await import("./fixpoint.ts")).driver,
  },
  {
    id: "idb",
    label: "raw IndexedDB",
    package: "idb",
    traits: { ...plainPage, tabs: true },
    isMain: true,
    cannot: {
      ...noSyncAtAll,
      live: "IndexedDB does not tell a page about changes",
      "live-many": "IndexedDB does not tell a page about changes",
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./idb.ts")).driver,
  },
  {
    id: "dexie",
    label: "Dexie",
    package: "dexie",
    traits: { ...plainPage, tabs: true },
    isMain: true,
    cannot: { ...noSync("syncs through Dexie Cloud, a service"), search: noSearch, text: noText },
    load: async () => (await import("./dexie.ts")).driver,
  },
  {
    id: "pouchdb",
    label: "PouchDB",
    package: "pouchdb-browser",
    traits: { ...plainPage, merges: "by document", tabs: true },
    cannot: {
      ...noSync("replicates with a CouchDB or another PouchDB, not with a server of objects"),
      "put-strict": noStrict,
      "patch-each": noTransaction,
      "live-many": "a changes feed, and no live queries",
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./pouchdb.ts")).driver,
  },
  {
    id: "rxdb",
    label: "RxDB (Dexie)",
    package: "rxdb",
    traits: { ...plainPage, merges: "by document", tabs: true },
    cannot: {
      ...noSync("its replications want a server that compares and orders documents"),
      "put-strict": noStrict,
      "patch-each": noTransaction,
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./rxdb.ts")).driver,
  },
  {
    id: "tinybase",
    label: "TinyBase",
    package: "tinybase",
    traits: { ...inMemory, merges: "by field", tabs: false },
    cannot: {
      ...noSync("its synchronizers want a peer or a server that runs TinyBase"),
      "put-strict": noStrict,
      "patch-each": "a transaction is what it does anyway",
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./tinybase.ts")).driver,
  },
  {
    id: "yjs",
    label: "Yjs + y-indexeddb",
    package: "yjs",
    traits: { ...inMemory, merges: "text and fields", tabs: false },
    cannot: {
      "put-strict": noStrict,
      "patch-each": "a transaction is what it does anyway",
      "live-many": "observers of a whole map, and no queries",
      search: noSearch,
    },
    load: async () => (await import("./yjs.ts")).driver,
  },
  {
    id: "tanstack",
    label: "TanStack DB",
    package: "@tanstack/db",
    traits: { ...inMemory, merges: "no", tabs: true },
    cannot: {
      ...noSyncAtAll,
      "put-strict": noStrict,
      "patch-each": "a mutation of many is what it does anyway",
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./tanstack.ts")).driver,
  },
  {
    id: "automerge",
    label: "automerge-repo",
    package: "@automerge/automerge-repo",
    traits: { ...inMemory, merges: "text and fields", tabs: false },
    cannot: {
      ...noSync("its network adapters want a peer that answers"),
      "put-strict": noStrict,
      "patch-each": "one change is what it does anyway",
      "live-many": "events of a whole document, and no queries",
      search: noSearch,
    },
    load: async () => (await import("./automerge.ts")).driver,
  },
  {
    id: "fireproof",
    label: "Fireproof",
    package: "@fireproof/core",
    traits: { encrypts: true, merges: "by document", tabs: false, thread: "page", data: "on disk" },
    cannot: {
      ...noSync("this release connects to its own cloud alone, a service"),
      "put-strict": noStrict,
      "patch-each": noTransaction,
      "live-many": "tells of every change, and has no live queries outside of React",
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./fireproof.ts")).driver,
  },
  {
    id: "evolu",
    label: "Evolu",
    package: "@evolu/common",
    traits: { encrypts: false, merges: "by field", tabs: true, thread: "worker", data: "on disk" },
    cannot: {
      ...noSync("syncs through a relay of its own"),
      "put-strict": noStrict,
      "patch-each": "mutations of one turn are a transaction anyway",
      search: noSearch,
      text: noText,
    },
    load: async () => (await import("./evolu.ts")).driver,
  },
  {
    id: "sqlite",
    label: "SQLite wasm (OPFS)",
    package: "@sqlite.org/sqlite-wasm",
    traits: { encrypts: false, merges: "no", tabs: true, thread: "worker", data: "on disk" },
    cannot: {
      ...noSyncAtAll,
      "patch-each": "statements of a transaction go to the worker at once anyway",
      live: "SQLite does not tell a page about changes",
      "live-many": "SQLite does not tell a page about changes",
      text: noText,
    },
    load: async () => (await import("./sqlite.ts")).driver,
  },
  {
    id: "pglite",
    label: "PGlite",
    package: "@electric-sql/pglite",
    traits: { encrypts: false, merges: "no", tabs: false, thread: "page", data: "all in memory" },
    cannot: {
      ...noSync("syncs through Electric, a service over PostgreSQL"),
      "patch-each": "the transaction of the row above is the same",
      text: noText,
    },
    load: async () => (await import("./pglite.ts")).driver,
  },
]
