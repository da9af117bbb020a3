/**
 * Failures in words. Owns: how an error that an application is to see gets the words of its code: what happened, and what to do.
 * Invariant: an error gets them once. Loaded with the first database: engines tell codes, and this side says what they mean.
 */
import type { CheckReport } from "@fixpoint/core"
import { codeTexts } from "@fixpoint/core/code-texts"
import { type Code, type ErrorJson, FixpointError } from "@fixpoint/core/errors"

/** What was thrown; an error of ours with the words of its code. */
export function explained<E>(error: E): E {
  if (error instanceof FixpointError) error.message = inWords(error)
  return error
}

/** The failure that an engine told of. */
export function failureOf(json: ErrorJson): FixpointError {
  return explained(FixpointError.fromJSON(json))
}

/** A report with the words of what was found. */
export function reportInWords(report: CheckReport): CheckReport {
  const findings = report.findings.map((finding) => ({ ...finding, message: inWords(finding) }))
  return { ...report, findings }
}

function inWords({ code, message }: { readonly code: Code; readonly message: string }): string {
  // A finding of a newer worker may have a code that this page does not know.
  const { meaning, action } = Object.hasOwn(codeTexts, code) ? codeTexts[code] : codeTexts.INTERNAL
  const said = message === code ? `${code}: ${meaning}` : message
  return said.endsWith(action) ? said : `${said} ${action}`
}
