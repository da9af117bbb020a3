/** Live queries of every form over a database. Owns: how they read. Must not know how they are kept true. */
import type { QuerySpec } from "../api/query.ts"
import type { Live } from "../query/live.ts"
import { liveOf } from "../query/live-spec.ts"
import { runOf } from "./live-run.ts"
import type { LiveParts } from "./reading.ts"
import { visitMatches } from "./visit-matches.ts"

/** The live query of any form. */
export function liveForm(spec: QuerySpec, parts: LiveParts): Live {
  return liveOf(spec, {
    run: runOf(parts),
    async visitMatches(plan, begin, isWanted) {
      await parts.steadily(() => visitMatches(parts, plan, begin(), isWanted))
      // A read may have seen what another tab flushed ahead of this one's log.
      await parts.catchUp()
    },
  })
}
