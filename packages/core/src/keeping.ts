/**
 * What is kept up to date from documents: indexes, searches, history. Owns: how these are put together over one database.
 * Loaded on demand (db/derived-door.ts says when). Must not know who asks for what is kept.
 */
import type { HistoryKeep } from "./api/history.ts"
import { type Loader, onDemand } from "./base/on-demand.ts"
import { derivedPrefix, type Key, keySpaces, prefixRange } from "./codec/key.ts"
import { Claims, type UniqueIndex } from "./db/claims.ts"
import { Derivations } from "./db/derivations.ts"
import type { Keeping, KeepingParts } from "./db/derived-door.ts"
import { duplicateError, duplicateFinding } from "./db/duplicates.ts"
import { watchDuplicates } from "./db/duplicate-watch.ts"
import { Indexer } from "./db/indexer.ts"
import { indexPlugin } from "./db/index-plugin.ts"
import { type HistoryPart, KeptHistory } from "./db/kept-history.ts"
import { uniqueIndexes } from "./db/unique-indexes.ts"
import { checkIndex } from "./query/index-check.ts"
import { formatIndex } from "./query/index-definition.ts"
import { type SearchPart, Searches } from "./search/searches.ts"

/** What plug-ins come from. */
export interface PluginParts {
  /** How long it is kept what documents were, where their collection does not say. */
  readonly history: HistoryKeep | undefined
  readonly parts: { readonly search: Loader<SearchPart>; readonly history: Loader<HistoryPart> }
}

/** Begins to keep what is derived in a database. */
export function openKeeping(parts: KeepingParts, { parts: loaders, history: ofDatabase }: PluginParts): Keeping {
  const { host, ledger, lsm } = parts
  const searches = new Searches(onDemand("search", loaders.search), host.log("search"))
  const history = new KeptHistory(loaders.history, host, ofDatabase)
  const derivations = new Derivations([indexPlugin], searches, history)
  const duplicates = watchDuplicates({
    lsm,
    log: parts.log,
    indexes: () =>
      [...new Set(ledger.derived.list().map(({ definition }) => definition.of))].flatMap((collection) =>
        uniqueIndexes(ledger, derivations, collection).map((index) => ({ ...index, collection })),
      ),
    tell: (duplicate) => parts.tell({ event: "error", error: duplicateError(duplicate).toJSON() }),
  })
  parts.witnesses.add(duplicates)
  const onBuilt = (ids: readonly number[]) => duplicates.built(ids.map((id) => derivedPrefix(keySpaces.indexes, id)))
  const indexer = new Indexer({ ...parts, derivations, onBuilt })
  void indexer.enter()

  const findHolders = async (key: Key): Promise<readonly Key[]> => {
    const ids: Key[] = []
    for await (const rows of lsm.scan(prefixRange(key), { isShort: true }))
      for (const [entry] of rows) ids.push(entry.slice(key.length))
    return ids
  }

  return {
    derivations,
    declare(collection, spec) {
      for (const index of spec.indexes ?? [])
        derivations.want({ by: indexPlugin.by, of: collection, what: formatIndex(checkIndex(index)) })
      searches.declare(collection, spec)
      history.declare(collection, spec.history)
      const past = history.definitionFor(collection)
      if (past !== undefined) derivations.want(past)
    },
    isLacking: () => derivations.lacking(ledger).length > 0,
    load: () => derivations.load(derivations.lacking(ledger)),
    openClaims() {
      // Most collections have no unique index.
      const known = new Map<string, readonly UniqueIndex[]>()
      return new Claims((collection) => {
        let indexes = known.get(collection)
        if (indexes === undefined) known.set(collection, (indexes = uniqueIndexes(ledger, derivations, collection)))
        return indexes
      }, findHolders)
    },
    wake: () => indexer.wake(),
    settle: () => indexer.settle(),
    rebuild: (ids) => indexer.rebuild(ids),
    find: (spec, reading) => searches.find(spec, { ...reading, derivations }),
    watch: (spec, reading, listener) => searches.watch(spec, { ...reading, derivations }, listener),
    duplicates: async () => (await duplicates.all()).map(duplicateFinding),
    horizon: (collection) => history.horizon(collection),
    isOver: (key) => history.isOver(key, ledger),
    close: () => indexer.close(),
  }
}
