/** What is told of a failure: plain data, whatever was thrown. */

/** Any thrown value as the test gets it. */
export function errorReport(error: unknown): { message: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code } = error as { code?: unknown }
  const known = typeof code === "string" ? { code } : {}
  return { message: `${error.name}: ${error.message}`, ...known, ...(error.stack ? { stack: error.stack } : {}) }
}
