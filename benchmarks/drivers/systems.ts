/** The systems of the comparison. Owns: their names, what each does not do, and where its driver is. */
import type { Driver } from "./driver.ts"

/** One system. The harness in Node reads the names; only the page loads the driver. */
export interface System {
  readonly id: string
  readonly label: string
  /** The npm package whose version is reported. */
  readonly package: string
  /** What the others do and this one does not: it stands beside the figures. */
  readonly lacks: string
  /** Scenarios it has no means for, by id, with the reason. */
  readonly cannot: Readonly<Record<string, string>>
  load(): Promise<Driver>
}

export const systems: readonly System[] = [
  {
    id: "idb",
    label: "raw IndexedDB",
    package: "idb",
    lacks: "no encryption, no merge, no live queries, no secondary indexes here; runs on the main thread",
    cannot: { live: "IndexedDB does not tell a page about changes" },
    load: async () => (await import("./idb.ts")).driver,
  },
  {
    id: "dexie",
    label: "Dexie",
    package: "dexie",
    lacks: "no encryption, no merge, no secondary indexes here; runs on the main thread",
    cannot: {},
    load: async () => (await import("./dexie.ts")).plain,
  },
  {
    id: "dexie-indexed",
    label: "Dexie, indexed",
    package: "dexie",
    lacks: "no encryption, no merge; keeps indexes of age, city and tags; runs on the main thread",
    cannot: {},
    load: async () => (await import("./dexie.ts")).indexed,
  },
  {
    id: "fixpoint",
    label: "Fixpoint",
    package: "fixpoint",
    lacks: "no secondary indexes; encrypts, merges, serves many tabs; runs in a worker",
    cannot: {},
    load: async () => (await import("./fixpoint.ts")).driver,
  },
]
