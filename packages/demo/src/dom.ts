/** The page's elements by id, and how it writes numbers. Owns nothing; fails loudly when markup and code disagree. */

/** The element with this id, which is of this type. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`#${id} is missing or is no ${type.name}`)
  return element
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 })

/** 135233 as 135,233. */
export const count = (value: number): string => whole.format(value)

/** Bytes as kB or MB. */
export const bytes = (value: number): string =>
  value >= 1e6
    ? `${fine.format(value / 1e6)} MB`
    : value >= 1e3
      ? `${fine.format(value / 1e3)} kB`
      : `${whole.format(value)} B`

/** A duration that a person reads. */
export const duration = (ms: number): string => (ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${fine.format(ms)} ms`)

/** What went wrong, with its code when it has one. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: unknown }
  return typeof code === "string" && !error.message.startsWith(code) ? `${code}: ${error.message}` : error.message
}
