/**
 * A whole database as text: how a golden one is made, kept in JSON, and put on a disk again. Owns: what is in it.
 * Invariant: a golden database is never edited; one of a later version stands beside it.
 */
import {
  createEngine,
  createMemoryDisk,
  createMemoryStore,
  type Engine,
  type MemoryDisk,
  rawKeys,
} from "@fixpoint/core"
import { encodeDocument } from "@fixpoint/core/codec"
import { SeededWorld } from "@fixpoint/testkit"
import { fromHex, toHex } from "../../packages/core/src/base/bytes.ts"
import { parts } from "../engine/parts.ts"
import { goldenSecret } from "./fixed-host.ts"

/** The disk as JSON. Bytes are hex. */
export interface DiskJson {
  readonly identity: MemoryDisk["identity"]
  readonly keys: { readonly body: string; readonly checksum: string }
  readonly manifest: { readonly version: number; readonly bytes: string }
  readonly log: readonly (readonly [n: number, bytes: string])[]
  readonly blocks: readonly (readonly [key: number, bytes: string])[]
}

/** What the engine that wrote a database said is in it. */
export interface Contents {
  /** By collection: ids and texts, by id. */
  readonly documents: Readonly<Record<string, readonly (readonly [id: string, text: string])[]>>
  /** The feed of the collection `tasks` since a cursor that was taken in the middle. */
  readonly cursor: string
  readonly changed: readonly (readonly [id: string, text: string | null])[]
}

/** A golden database. */
export interface GoldenDatabase {
  readonly disk: DiskJson
  readonly contents: Contents
}

const seed = 20_261_121
const everything = { filter: { kind: "and", filters: [] }, order: [], limit: undefined } as const
const fields = { votes: "counter", "meta.tags": "set" } as const
const names = ["tasks", "größen"] as const

/** The engine over a disk; a world of its own, with the clock where worlds begin. */
export function openOver(disk: MemoryDisk): Engine {
  return createEngine({
    name: "golden",
    host: new SeededWorld(seed).host(),
    openStore: async () => createMemoryStore(disk),
    destroyStorage: async () => {},
    keys: rawKeys(goldenSecret),
    durability: "strict",
    collections: { tasks: { fields } },
    parts,
  })
}

/** What the engine says is in its database. */
export async function contentsOf(engine: Engine, cursor: string): Promise<Contents> {
  const found = names.map(async (collection) => {
    const { documents } = await engine.query({ collection, ...everything })
    const pairs = documents.map(({ id, text }) => [id, text] as const)
    return [collection, pairs.sort(([a], [b]) => (a < b ? -1 : 1))] as const
  })
  const { changes } = await engine.changes("tasks", cursor)
  return {
    documents: Object.fromEntries(await Promise.all(found)),
    cursor,
    changed: changes.map(({ id, text }) => [id, text ?? null]),
  }
}

/** A database with a compressed segment, a raw one, a log, and rows of every kind. */
export async function makeDatabase(): Promise<GoldenDatabase> {
  const disk = createMemoryDisk()
  const engine = openOver(disk)
  await fillSegment(engine)
  await engine.compact()
  const { cursor } = await engine.changes("tasks", undefined)
  await fillLog(engine)
  const contents = await contentsOf(engine, cursor)
  await engine.close()
  return { disk: diskToJson(disk), contents }
}

const text = (document: object): string => encodeDocument(document).text
const at = (id: string, collection = "tasks") => ({ collection, id })

async function fillSegment(engine: Engine): Promise<void> {
  await engine.write(
    Array.from({ length: 300 }, (_, i) => {
      const document = { title: `Task ${i}`, n: i, list: { name: i % 7, open: i % 2 === 0 }, note: "x".repeat(i) }
      return { op: "put", ...at(`task-${i}`), text: text(document) } as const
    }),
    "strict",
  )
  const rare = { at: new Date(1_765_000_000_000), bytes: new Uint8Array([0, 127, 255]), big: -(10n ** 20n), $a: "😀" }
  await engine.write([{ op: "insert", ...at("größe", "größen"), text: text(rare) }], "strict")
  await engine.write([{ op: "increment", ...at("task-1"), path: "votes", by: 2.5 }], "strict")
  await engine.write([{ op: "add", ...at("task-1"), path: "meta.tags", element: "red" }], "strict")
  await engine.write([{ op: "delete", ...at("task-2") }], "strict")
}

async function fillLog(engine: Engine): Promise<void> {
  await engine.write(
    [
      {
        op: "patch",
        ...at("task-3"),
        entries: [
          ["list.name", "seven"],
          ["note", undefined],
        ],
      },
    ],
    "strict",
  )
  await engine.write([{ op: "increment", ...at("task-1"), path: "votes", by: -1 }], "relaxed")
  await engine.write([{ op: "add", ...at("task-1"), path: "meta.tags", element: 5 }], "relaxed")
  await engine.write([{ op: "remove", ...at("task-1"), path: "meta.tags", element: "red" }], "relaxed")
  await engine.write([{ op: "delete", ...at("task-4") }], "relaxed")
  await engine.write([{ op: "insert", ...at("task-2"), text: text({ title: "again" }) }], "strict")
  await engine.write(
    [{ op: "put", ...at("task-5"), text: text({ list: [1, { a: null }], deep: { er: {} } }) }],
    "strict",
  )
}

function diskToJson({ identity, keys, manifest, log, blocks }: MemoryDisk): DiskJson {
  const { body, checksum } = keys as { readonly body: Uint8Array; readonly checksum: Uint8Array }
  return {
    identity,
    keys: { body: toHex(body), checksum: toHex(checksum) },
    manifest: { version: manifest?.version ?? 0, bytes: toHex(manifest?.bytes ?? new Uint8Array()) },
    log: log.map(({ n, bytes }) => [n, toHex(bytes)]),
    blocks: [...blocks].map(([key, bytes]) => [key, toHex(bytes)]),
  }
}

/** The disk that a database was dumped from. */
export function diskFromJson({ identity, keys, manifest, log, blocks }: DiskJson): MemoryDisk {
  return {
    ...createMemoryDisk(),
    identity,
    keys: { body: fromHex(keys.body), checksum: fromHex(keys.checksum) },
    manifest: { version: manifest.version, bytes: fromHex(manifest.bytes) },
    log: log.map(([n, bytes]) => ({ n, bytes: fromHex(bytes) })),
    blocks: new Map(blocks.map(([key, bytes]) => [key, fromHex(bytes)])),
  }
}
