/** What is logged of one database, from all the places where it can be said. Owns: which of them comes first. */
import type { LogFormat } from "@fixpoint/core/log"
import { logSettings } from "./log-settings.ts"
import type { LogChoice } from "./protocol.ts"
import { environment } from "./thread-host.ts"

/** The settings in force for a database whose own option is `debug`. */
export function logChoice(debug: string | undefined): LogChoice {
  const { chosen } = logSettings
  return {
    debug: chosen.debug ?? debug ?? environment("FP_DEBUG") ?? "",
    format: chosen.format ?? ((environment("FP_FORMAT") ?? "pretty") as LogFormat),
    stack: chosen.stack ?? /^(1|true)$/.test(environment("FP_STACK") ?? ""),
    toPage: chosen.sink !== undefined,
  }
}
