/**
 * Runs searches over a database. Owns: how entries and documents are read for them, and what is done while an index is not
 * built: every document is read, and an index of them made in memory.
 * Invariant: a hit is a document as it is now that meets the filter; hits are in the order of their scores, which are of the
 * entries a moment before. Must not know how scores are made (search.ts, nearest.ts).
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { FindResult, FindSpec, Hit, TextPlace } from "../api/find.ts"
import { FixpointError } from "../base/errors.ts"
import type { Clock } from "../base/host.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { collectionRange, idOfRowKey, type Key, type KeyRange, rowKey } from "../codec/key.ts"
import { rowView } from "../crdt/row-view.ts"
import type { Active, Derivations } from "../db/derivations.ts"
import type { Definition } from "../db/derived-table.ts"
import type { Ledger } from "../db/ledger.ts"
import { rowOf } from "../db/stored-row.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { RowBatch } from "../lsm/scan-rows.ts"
import { canonicalPath, compileFilter, fieldReader } from "../query/filter.ts"
import { viewOf } from "../query/row-delta.ts"
import { nearest } from "./nearest.ts"
import { postingRange, readPosting } from "./postings.ts"
import { parseSearch, placesIn, runSearch, type Search } from "./search.ts"
import { checkTextIndex, documentsTally, segment, textDefinition, wordsTally } from "./text-plugin.ts"
import { quantize, type Vector } from "./vector.ts"
import { VectorCache } from "./vector-cache.ts"
import { readVectorEntry, vectorDefinition, vectorOf } from "./vector-plugin.ts"

/** What searches read. */
export interface FindParts {
  readonly lsm: Lsm
  readonly ledger: Ledger
  readonly derivations: Derivations
  readonly clock: Clock
  /** The vectors read so far, by derivation. */
  readonly caches: Map<number, VectorCache>
  /** What this engine declares of the collection. */
  readonly spec: CollectionSpec | undefined
}

/** Documents are read in groups of this size, best first, until there are enough. */
const documentsPerRead = 64

/** A hit as it is found: a document's id with its score. */
interface Scored {
  readonly id: string
  readonly score: number
}

/** The entries of an index, stored or made for one search. */
interface Entries {
  readonly name: string | undefined
  readonly tallies: Readonly<Record<string, number>>
  scan(range: KeyRange): AsyncIterable<RowBatch>
}

/** Runs a search. */
export async function find(spec: FindSpec, parts: FindParts): Promise<FindResult> {
  const started = parts.clock.monotonic()
  const read = { rows: 0, blocks: parts.lsm.stats().blocksRead }
  const { hits, index } =
    spec.kind === "text" ? await findText(spec, parts, read) : await findVectors(spec, parts, read)
  const stats = {
    index,
    rowsRead: read.rows,
    rowsReturned: hits.length,
    blocksRead: parts.lsm.stats().blocksRead - read.blocks,
    ms: parts.clock.monotonic() - started,
    entriesRead: 0,
    warning: undefined,
    fullScan: index === undefined,
  }
  return { hits, stats }
}

interface Counted {
  rows: number
}

async function findText(spec: FindSpec & { kind: "text" }, parts: FindParts, read: Counted) {
  const declared = parts.spec?.search
  if (declared === undefined) throw refused("search", "The collection declares no search: name its fields.")
  const search = parseSearch(spec.text, { ...spec, segment })
  const entries = await entriesOf(textDefinition(spec.collection, declared), parts, read)
  const found = await runSearch(search, {
    documents: entries.tallies[documentsTally] ?? 0,
    words: entries.tallies[wordsTally] ?? 0,
    async *postings({ term, isPrefix }) {
      for await (const rows of entries.scan(postingRange(term, isPrefix))) {
        read.rows += rows.length
        yield rows.map(([key, value]) => readPosting(key, value))
      }
    },
  })
  const fields = checkTextIndex(declared).fields.map(({ path }) => ({ path, read: fieldReader(path) }))
  // A document can have changed since its entries were read.
  const places = (document: JsonObject, id: string) => {
    const all = fields.flatMap((field) => placesOf(search, field.path, field.read(document, id)))
    return all.length > 0 ? all : undefined
  }
  return { hits: await hitsOf(found, spec, parts, { read, places }), index: entries.name }
}

function placesOf(search: Search, path: string, value: Json | undefined): TextPlace[] {
  const isList = Array.isArray(value)
  return (isList ? (value as readonly Json[]) : [value]).flatMap((text, index) =>
    typeof text === "string"
      ? placesIn(text, search, segment).map(([start, end]) => ({ path, ...(isList && { index }), start, end }))
      : [],
  )
}

/** More are asked for than are wanted: a document may have gone since its vector was read. */
const spareNeighbours = 32

async function findVectors(spec: FindSpec & { kind: "vector" }, parts: FindParts, read: Counted) {
  const declared = parts.spec?.vectors?.find(({ path }) => canonicalPath(path) === canonicalPath(spec.path))
  if (declared === undefined) throw refused(spec.path, `The collection declares no vectors at ${spec.path}.`)
  const { path, dimensions } = declared
  const wanted = spec.vector.length === dimensions ? quantize(spec.vector) : undefined
  if (wanted === undefined) throw refused("vector", `${dimensions} finite numbers are needed, not all of them 0.`)
  const { name, cache } = await vectorsOf(vectorDefinition(spec.collection, declared), parts, read)
  // Those that a filter leaves out make room for others.
  const limit = spec.filter === undefined ? spec.limit + spareNeighbours : cache.vectors.size
  const field = fieldReader(path)
  const hits = await hitsOf(nearest(wanted, cache.vectors, { limit }), spec, parts, {
    read,
    places: (document, id) => (vectorOf(field(document, id), dimensions) === undefined ? undefined : []),
    gone: (id) => cache.forget(id),
  })
  return { hits, index: name }
}

async function vectorsOf(definition: Definition, parts: FindParts, read: Counted) {
  const { lsm, caches } = parts
  const active = storedEntries(definition, parts)
  if (active === undefined) {
    const vectors = new Map<string, Vector>()
    const { scan } = await entriesMade(definition, parts, read)
    for await (const rows of scan({ from: "", to: "\u0100" }))
      for (const [key, value] of rows) vectors.set(...readVectorEntry(key, value))
    return { name: undefined, cache: { vectors, forget: (id: string) => void vectors.delete(id) } }
  }
  let cache = caches.get(active.id)
  if (cache === undefined) caches.set(active.id, (cache = new VectorCache()))
  read.rows += await cache.refresh(lsm, active.prefix)
  return { name: definition.by, cache }
}

/** The derivation of a definition, once it has the entries of all documents. */
function storedEntries(definition: Definition, { ledger, derivations }: FindParts): Active | undefined {
  const derived = derivations.stored(definition, ledger)
  return derived?.built === undefined ? derived && derivations.activate(derived) : undefined
}

/** The entries of a definition: those stored, once they are all built, else those of the documents as they are. */
async function entriesOf(definition: Definition, parts: FindParts, read: Counted): Promise<Entries> {
  const active = storedEntries(definition, parts)
  if (active === undefined) return await entriesMade(definition, parts, read)
  const { prefix, tallies } = active
  return {
    name: definition.by,
    tallies,
    async *scan({ from, to }) {
      for await (const rows of parts.lsm.scan({ from: prefix + from, to: prefix + to }))
        yield rows.map(([key, value]) => [key.slice(prefix.length), value] as const)
    },
  }
}

async function entriesMade(definition: Definition, { lsm, derivations }: FindParts, read: Counted): Promise<Entries> {
  const made = derivations.activate({ id: 0, definition, built: undefined, tallies: {} }) as Active
  const entries = new Map<Key, string>()
  const tallies: Record<string, number> = {}
  const out = {
    put: (key: Key, value: string) => void entries.set(key, value),
    delete: (key: Key) => void entries.delete(key),
    tally(name: string, by: number) {
      tallies[name] = (tallies[name] ?? 0) + by
    },
  }
  const collection = definition.of
  for await (const rows of lsm.scan(collectionRange(collection)))
    for (const [key, line] of rows) {
      read.rows++
      made.onDelta({ collection, id: idOfRowKey(key), before: undefined, after: viewOf(rowView(rowOf(line))) }, out)
    }
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    name: undefined,
    tallies,
    async *scan({ from, to }) {
      yield sorted.filter(([key]) => from <= key && key < to)
    },
  }
}

/** How documents become hits. */
interface HitParts {
  readonly read: Counted
  /** Where the words are; undefined for a document that should not have been found. */
  places(document: JsonObject, id: string): readonly TextPlace[] | undefined
  /** Told of documents that should not have been found. */
  gone?(id: string): void
}

/** The documents of what was found, best first, that meet the filter, up to the limit. */
async function hitsOf(
  found: readonly Scored[],
  { collection, filter, limit }: FindSpec,
  { lsm }: FindParts,
  { read, places, gone }: HitParts,
): Promise<Hit[]> {
  const meets = (filter && compileFilter(filter)) ?? (() => true)
  const hits: Hit[] = []
  const size = filter === undefined ? Math.min(limit, documentsPerRead) : documentsPerRead
  for (let from = 0; from < found.length && hits.length < limit; from += size) {
    const group = found.slice(from, from + size)
    const lines = await lsm.getMany(group.map(({ id }) => rowKey(collection, id)))
    read.rows += group.length
    group.forEach(({ id, score }, i) => {
      const view = viewOf(rowView(rowOf(lines[i])))
      const here = view && places(view.parse(), id)
      if (view === undefined || here === undefined) return gone?.(id)
      if (hits.length < limit && meets(view.parse(), id))
        hits.push({ document: { id, text: view.text }, score, places: here })
    })
  }
  return hits
}

function refused(path: string, message: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}
