/** What is told of a failure: plain data, whatever was thrown. */

/** A failure as a test gets it. */
export interface ErrorReport {
  readonly message: string
  readonly code?: string
  readonly stack?: string
}

const detailsOf = ({ details, cause }: { details?: unknown; cause?: unknown }) =>
  [details, cause].flatMap((one) => {
    const text = one instanceof Error ? `${one.name}: ${one.message}` : JSON.stringify(one)
    return text === undefined || text === "{}" ? [] : [` ${text}`]
  })

/** Any thrown value as the test gets it. */
export function errorReport(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code } = error as { code?: unknown }
  const known = typeof code === "string" ? { code } : {}
  const message = `${error.name}: ${error.message}${detailsOf(error).join("")}`
  return { message, ...known, ...(error.stack ? { stack: error.stack } : {}) }
}
