/**
 * Which indexes can answer queries. Owns: the way from derivations to them.
 * Invariant: an index that misses entries is not among them. Must not know plans.
 */
import { derivedPrefix, keySpaces } from "../codec/key.ts"
import type { IndexSpec, IndexStats } from "../engine-api.ts"
import { compileIndex, type CompiledIndex, parseIndex } from "../query/index-definition.ts"
import type { Catalog } from "./candidates.ts"
import type { UniqueIndex } from "./claims.ts"
import type { Derivations } from "./derivations.ts"
import type { Definition } from "./derived-table.ts"
import { entriesTally, indexPlugin } from "./index-plugin.ts"
import type { Ledger } from "./ledger.ts"

const parsed = new WeakMap<Definition, IndexSpec>()

function specOf(definition: Definition): IndexSpec {
  let spec = parsed.get(definition)
  if (spec === undefined) parsed.set(definition, (spec = parseIndex(definition.what)))
  return spec
}

const indexesOf = (ledger: Ledger, collection?: string) =>
  ledger.derived.list(collection).filter(({ definition }) => definition.by === indexPlugin.by)

/** The catalog of a database. */
export const catalogOf = (ledger: Ledger): Catalog => ({
  count: (collection) => ledger.count(collection),
  indexes: (collection) =>
    indexesOf(ledger, collection)
      .filter(({ built }) => built === undefined)
      .map(({ id, definition }) => ({ prefix: derivedPrefix(keySpaces.indexes, id), spec: specOf(definition) })),
})

const compiled = new WeakMap<Definition, CompiledIndex>()

function uniqueIndex(id: number, definition: Definition): UniqueIndex {
  let index = compiled.get(definition)
  if (index === undefined) compiled.set(definition, (index = compileIndex(specOf(definition))))
  return { prefix: derivedPrefix(keySpaces.indexes, id), compiled: index }
}

/** The unique indexes of a collection that have all their entries, with those that begin with the next record. */
export function uniqueIndexes(ledger: Ledger, derivations: Derivations, collection: string): UniqueIndex[] {
  const isUnique = (definition: Definition) =>
    definition.of === collection && definition.by === indexPlugin.by && specOf(definition).unique
  const known = ledger.derived.list(collection).filter(({ built }) => built === undefined)
  const begun = derivations.beginning(ledger).filter(({ isComplete }) => isComplete)
  return [...known, ...begun].flatMap(({ id, definition }) =>
    isUnique(definition) ? [uniqueIndex(id, definition)] : [],
  )
}

/** What there is to tell of each index. */
export const indexStats = (ledger: Ledger): IndexStats[] =>
  indexesOf(ledger).map(({ definition, built, tallies }) => ({
    collection: definition.of,
    name: specOf(definition).name,
    state: built === undefined ? "ready" : "building",
    entries: tallies[entriesTally] ?? 0,
  }))
