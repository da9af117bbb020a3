/** What a listener of a live query puts together from its steps. */
import type { DocumentText, LiveStep } from "@fixpoint/core"

/** The result after one more step, by the rules of LiveStep: take out, put in ascending, replace in place. */
export function foldStep(documents: readonly DocumentText[], step: LiveStep): DocumentText[] {
  if (step.kind === "error") throw new Error(`live query ended: ${step.error.code}`)
  if (step.kind === "reset") return [...step.documents]
  const removed = new Set(step.removed)
  const next = documents.filter(({ id }) => !removed.has(id))
  for (const { at, document } of step.placed) next.splice(at, 0, document)
  for (const document of step.changed) next[next.findIndex(({ id }) => id === document.id)] = document
  return next
}
