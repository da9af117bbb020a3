/** A link whose code is loaded on demand. Owns: what is said to it before it is there. */
import { FixpointError } from "@fixpoint/core/errors"
import type { Link, LinkListener } from "./link.ts"
import type { LogChoice } from "./protocol.ts"

/** The link that `load` will give. */
export function lazyLink(load: () => Promise<Link>, listener: LinkListener): Link {
  const held: { link?: Link; log?: LogChoice; hasEnded?: boolean } = {}
  load().then(
    (link) => {
      held.link = link
      if (held.log !== undefined) link.configure(held.log)
      if (held.hasEnded) link.end()
    },
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      listener.fail(
        new FixpointError("STORE_UNAVAILABLE", "Code of the engine did not load.", {
          details: { reason },
          cause: error,
        }),
      )
    },
  )
  return {
    configure(log) {
      held.log = log
      held.link?.configure(log)
    },
    end() {
      held.hasEnded = true
      held.link?.end()
    },
  }
}
