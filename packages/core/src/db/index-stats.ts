/** What there is to tell of each index. Must not know what indexes are of. */
import type { IndexStats } from "../api/engine-stats.ts"
import type { Ledger } from "./ledger.ts"
import { entriesTally, indexBy } from "./plugin.ts"

/** The indexes of a database. */
export const indexStats = (ledger: Ledger): IndexStats[] =>
  ledger.derived
    .list()
    .filter(({ definition }) => definition.by === indexBy)
    .map(({ definition, built, tallies }) => ({
      collection: definition.of,
      name: (definition.what as { readonly name: string }).name,
      state: built === undefined ? "ready" : "building",
      entries: tallies[entriesTally] ?? 0,
    }))
