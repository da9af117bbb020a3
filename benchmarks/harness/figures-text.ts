/** Figures as people read them. Owns: how many digits a number has, and how titles name counts. */
import type { Result, Row } from "./result.ts"
import type { Figure } from "./statistic.ts"

/** Three digits, as far as they mean something. */
export const short = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value >= 10 ? value.toFixed(1) : value.toFixed(2)

/** "12.3 (11.0–14.1)"; without the brackets where there was one round. */
export const ranged = ({ median, min, max, rounds }: Figure): string =>
  rounds.length > 1 ? `${short(median)} (${short(min)}–${short(max)})` : short(median)

/** A title with the numbers of the counts that it names. */
export function titleOf({ title }: Row, counts: Result["counts"]): string {
  const numbers = counts as unknown as Readonly<Record<string, number>>
  return title.replaceAll(/\{(\w+)\}/g, (_, name: string) => (numbers[name] ?? 0).toLocaleString("en"))
}

/** How many times smaller the second is: "3.2×". */
export const times = (own: number, other: number): string => `${(other / own).toPrecision(2)}×`

/** The browser of a result, with its version. */
export const browserOf = ({ userAgent }: Result): string =>
  /(Chrome|Firefox|Version)\/[\d.]+/.exec(userAgent)?.[0].replace("Version", "Safari").replace("/", " ") ?? ""
