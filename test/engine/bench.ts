/**
 * Engines under test: tabs of one seeded world over one disk in memory. Owns: how they are put together.
 * Must not know what is tested.
 */
import {
  createEngine,
  createMemoryDisk,
  createMemoryStore,
  type Engine,
  type EngineParts,
  type FieldType,
  type HistoryKeep,
  type MemoryDisk,
  type Persistence,
  type QuerySpec,
  rawKeys,
  type Store,
} from "@fixpoint/core"
import { SeededWorld } from "@fixpoint/testkit"
import { parts } from "./parts.ts"

/** What engines under test are made of. */
export interface BenchOptions {
  /** The world and the disk of another bench. */
  readonly world?: SeededWorld
  readonly disk?: MemoryDisk
  readonly seed?: number
  /** Merge types of fields, by collection. */
  readonly fields?: Readonly<Record<string, Readonly<Record<string, FieldType>>>>
  /** How long it is kept what documents were. */
  readonly history?: HistoryKeep
  /** What the stores say they are; a store in memory is not expected to last. */
  readonly persistence?: Persistence
  readonly openStore?: (disk: MemoryDisk) => Store
  /** Other loaders than those of the product. */
  readonly loaders?: Partial<EngineParts>
  /** Whether a wiped disk is filled again from a bucket. */
  readonly recovers?: boolean
}

/** Tabs over one disk. */
export interface Bench {
  readonly world: SeededWorld
  readonly disk: MemoryDisk
  /** Begins to open one more tab. */
  start(): Engine
  /** One more tab, open. */
  open(): Promise<Engine>
  /** Lets every open tab hear of every commit so far. */
  settle(): Promise<void>
  /** The secret that later tabs are given. */
  use(secret: Uint8Array): void
}

/** A secret of 32 equal bytes. */
export const secretOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

function withPersistence(store: Store, persistence: Persistence): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "persistence") return persistence
      const value: unknown = Reflect.get(target, name)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

/** How many documents a query gives. */
export async function countOf(engine: Engine, spec: QuerySpec): Promise<number> {
  const { documents } = await engine.query({ ...spec, aggregate: { of: "count", path: undefined, by: undefined } })
  return Number(documents[0]?.text)
}

/** A bench with an empty disk. */
export function createBench(options: BenchOptions): Bench {
  const {
    seed = 1,
    fields = {},
    history,
    persistence = "memory",
    openStore = createMemoryStore,
    loaders,
    recovers = false,
  } = options
  const { world = new SeededWorld(seed), disk = createMemoryDisk() } = options
  const collections = Object.fromEntries(Object.entries(fields).map(([name, spec]) => [name, { fields: spec }]))
  let secret = secretOf(1)
  const start = (): Engine =>
    createEngine({
      name: "bench",
      host: world.host(),
      openStore: async () => withPersistence(openStore(disk), persistence),
      destroyStorage: async () => void Object.assign(disk, createMemoryDisk()),
      keys: rawKeys(secret),
      durability: "relaxed",
      collections,
      history,
      parts: { ...parts, ...loaders },
      recovers,
    })
  return {
    world,
    disk,
    start,
    async open() {
      const engine = start()
      await engine.ready()
      return engine
    },
    // Hints come a little after their commits.
    settle: () => world.advance(10),
    use(other) {
      secret = other
    },
  }
}
