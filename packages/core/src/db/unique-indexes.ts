/**
 * Which indexes have values that only one document may have. Owns: the way from derivations to them.
 * Invariant: one that misses entries is not among them. Must not know who claims values.
 */
import { derivedPrefix, keySpaces } from "../codec/key.ts"
import { compileIndex, type CompiledIndex } from "../query/index-definition.ts"
import type { UniqueIndex } from "./claims.ts"
import type { Derivations } from "./derivations.ts"
import type { Definition } from "./derived-table.ts"
import { specOf } from "./index-catalog.ts"
import type { Ledger } from "./ledger.ts"
import { indexBy } from "./plugin.ts"

const compiled = new WeakMap<Definition, CompiledIndex>()

function uniqueIndex(id: number, definition: Definition): UniqueIndex {
  let index = compiled.get(definition)
  if (index === undefined) compiled.set(definition, (index = compileIndex(specOf(definition))))
  return { prefix: derivedPrefix(keySpaces.indexes, id), compiled: index }
}

/** The unique indexes of a collection that have all their entries, with those that begin with the next record. */
export function uniqueIndexes(ledger: Ledger, derivations: Derivations, collection: string): UniqueIndex[] {
  const isUnique = (definition: Definition) =>
    definition.of === collection && definition.by === indexBy && specOf(definition).unique
  const known = ledger.derived.list(collection).filter(({ built }) => built === undefined)
  const begun = derivations.beginning(ledger).filter(({ isComplete }) => isComplete)
  return [...known, ...begun].flatMap(({ id, definition }) =>
    isUnique(definition) ? [uniqueIndex(id, definition)] : [],
  )
}
