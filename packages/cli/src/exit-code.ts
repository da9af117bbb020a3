/** What the command's exit code says. Owns: the code of each kind of error. Once released they never change. */
import type { ErrorKind } from "@fixpoint/core/errors"

/** The exit code of each kind of error; 0 is success. Scripts tell by it what to do next, as callers do by the kind. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  invalid: 2,
  conflict: 3,
  unavailable: 4,
  quota: 5,
  auth: 6,
  corrupt: 7,
  closed: 8,
  bug: 70,
}
