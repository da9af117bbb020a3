/**
 * Where the parts come from that engines load on demand. The bundle of the worker has this file's twin instead, which loads
 * them as files of their own: scripts/bundle-worker.mjs makes one of each `import()` here.
 */
import type { EngineParts } from "@fixpoint/core"

/** The parts of the engine, each by its entry. */
export const parts: EngineParts = {
  check: () => import("@fixpoint/core/check"),
}
