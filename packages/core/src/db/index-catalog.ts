/**
 * Which indexes can answer queries. Owns: the way from derivations to them.
 * Invariant: an index that misses entries is not among them. Must not know plans.
 */
import type { IndexSpec } from "../api/index-spec.ts"
import { derivedPrefix, keySpaces } from "../codec/key.ts"
import type { ReadyIndex } from "../query/index-access.ts"
import { parseIndex } from "../query/index-definition.ts"
import type { Definition } from "./derived-table.ts"
import type { Ledger } from "./ledger.ts"
import { indexBy } from "./plugin.ts"

const parsed = new WeakMap<Definition, IndexSpec>()

/** The index that a definition is of. */
export function specOf(definition: Definition): IndexSpec {
  let spec = parsed.get(definition)
  if (spec === undefined) parsed.set(definition, (spec = parseIndex(definition.what)))
  return spec
}

/** The indexes of a collection that have all their entries. */
export const readyIndexes = (ledger: Ledger, collection: string): readonly ReadyIndex[] =>
  ledger.derived
    .list(collection)
    .filter(({ definition, built }) => definition.by === indexBy && built === undefined)
    .map(({ id, definition }) => ({ prefix: derivedPrefix(keySpaces.indexes, id), spec: specOf(definition) }))
