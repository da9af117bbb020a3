/**
 * Searches that are kept true. Owns: when one is run again, and what is told of it.
 * A commit can move the scores of all hits, so a search is run again: once for all commits that came while it ran before.
 * Invariant: after the last commit, the hits told are those of the search run anew; the same hits are not told twice.
 * Must not know how hits are found (find.ts).
 */
import type { DocumentText } from "../api/document-text.ts"
import type { FindSpec, Hit } from "../api/find.ts"
import type { LiveStep } from "../api/live-step.ts"
import { asFixpointError } from "../base/errors.ts"
import { collectionRange } from "../codec/key.ts"
import type { Witness } from "../db/witness.ts"
import { find, type FindParts } from "./find.ts"

/** What live searches work with. */
export interface LiveSearchParts extends FindParts {
  readonly writer: { readonly witnesses: Set<Witness> }
  /** Makes a read again that another tab has overtaken. */
  steadily<T>(read: () => Promise<T>): Promise<T>
}

/** Searches, and again when the collection was written to; gives the function that ends it. */
export function watchFind(spec: FindSpec, parts: LiveSearchParts, listener: (step: LiveStep) => void): () => void {
  const { witnesses } = parts.writer
  const { from, to } = collectionRange(spec.collection)
  let [isDue, isRunning, hasEnded] = [false, false, false]
  let told: string | undefined

  const witness: Witness = {
    // It asks for nothing that a write would have to make.
    isIdle: true,
    applied({ entries }) {
      if (entries.some(([key]) => key >= from && key < to)) runSoon()
    },
    restarted: runSoon,
  }
  witnesses.add(witness)
  runSoon()
  return end

  function end(): void {
    hasEnded = true
    witnesses.delete(witness)
  }

  function runSoon(): void {
    isDue = true
    if (isRunning) return
    isRunning = true
    void Promise.resolve().then(run)
  }

  async function run(): Promise<void> {
    try {
      while (isDue && !hasEnded) {
        isDue = false
        const { hits } = await parts.steadily(() => find(spec, parts))
        tell(hits.map(lineOf))
      }
    } catch (error) {
      const isWanted = !hasEnded
      end()
      if (isWanted) listener({ kind: "error", error: asFixpointError(error).toJSON() })
    } finally {
      isRunning = false
    }
  }

  function tell(documents: readonly DocumentText[]): void {
    const all = JSON.stringify(documents)
    if (hasEnded || all === told) return
    told = all
    listener({ kind: "reset", documents })
  }
}

/** A hit as one text: what it scores and where its words are, then, on a line of its own, its document. */
function lineOf(hit: Hit): DocumentText {
  const { id, text } = hit.document
  return { id, text: `${JSON.stringify([hit.score, hit.places])}\n${text}` }
}
