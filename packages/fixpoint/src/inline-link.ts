/**
 * An engine in the thread of its caller. Owns: handing batches over without a copy.
 * Invariant: as with a worker, nothing is answered in the turn in which it was asked.
 */
import { asFixpointError } from "@fixpoint/core/errors"
import { type Home, startEngine } from "./home.ts"
import type { Connect } from "./link.ts"
import type { Platform } from "./platform.ts"

/** Connects to engines of a platform, in this thread. */
export const connectInline =
  (platform: Platform): Connect =>
  ({ open, ask }, listener) => {
    const held: { home?: Home } = {}
    // A turn later: the listener is not ready before it has its link.
    queueMicrotask(() => {
      try {
        const home = startEngine(open, platform, { post: (answers) => listener.receive(answers), ask })
        held.home = home
        listener.up((batch) => queueMicrotask(() => home.server.take(batch)))
      } catch (error) {
        listener.fail(asFixpointError(error))
      }
    })
    return {
      configure: (log) => held.home?.configure(log),
      end: () => undefined,
    }
  }
