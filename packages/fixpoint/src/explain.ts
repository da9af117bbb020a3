/** Errors in words. Owns: when the texts of the codes are loaded: with the first error that an application is to see. */
import type { EngineEvent } from "@fixpoint/core"
import type { ErrorJson } from "@fixpoint/core/errors"

/** The error with what its code means and what to do next; as it is, where the words do not load. */
export async function explained(error: ErrorJson): Promise<ErrorJson> {
  try {
    const { codeTexts } = await import("@fixpoint/core/code-texts")
    const { meaning, action } = codeTexts[error.code]
    const said = error.message === error.code ? `${error.code}: ${meaning}` : error.message
    return { ...error, message: `${said} ${action}` }
  } catch {
    return error
  }
}

/** The event with its error explained. */
export async function explainedEvent(event: EngineEvent): Promise<EngineEvent> {
  if (event.event === "error") return { ...event, error: await explained(event.error) }
  if (event.event !== "status" || event.status.error === undefined) return event
  return { ...event, status: { ...event.status, error: await explained(event.status.error) } }
}
