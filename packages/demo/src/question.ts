/**
 * What the form asks. Owns: the question, its conditions, and how both look as code.
 * Invariant: pure; equal questions have equal code. Must not know the form, nor how questions are answered.
 */
import type { Where } from "fixpoint"
import { type City, sizes } from "./cities.ts"
import type { Area } from "./world-map.ts"

/** The orders of the form's list; there is no index for the last one. */
export const orders = ["-population", "key", "-loc.lat"] as const

/** The narrowing choices beside the list. */
export const facetNames = ["size", "country", "visited"] as const
export type FacetName = (typeof facetNames)[number]

/** A question. Facets are empty where nothing is chosen. */
export interface Question extends Readonly<Record<FacetName, string>> {
  readonly text: string
  readonly order: (typeof orders)[number]
  readonly area: Area | undefined
}

/** Rows of one page of the list. */
export const pageRows = 50
/** Hits of a search that are taken; who wants more types more. */
export const hitsMax = 300

/** The conditions of a question; those of one facet can be left out, to count its choices. */
export function conditionsOf({ size, country, visited, area }: Question, leftOut?: FacetName): Where<City> {
  const band = sizes.find(({ key }) => String(key) === size)
  return {
    ...(country && leftOut !== "country" && { country }),
    ...(band && leftOut !== "size" && { population: band.range }),
    ...(visited && leftOut !== "visited" && { visited: true }),
    ...(area && { "loc.lat": { between: [area.south, area.north] }, "loc.lon": { between: [area.west, area.east] } }),
  }
}

/** The call that answers a question, as an application would write it. */
export function codeOf(question: Question): string {
  const { text, order } = question
  const conditions = conditionsOf(question)
  const where = Object.keys(conditions).length > 0 ? codeOfValue(conditions) : ""
  if (text) return `cities.search(${codeOfValue(text)}, { limit: ${hitsMax}${where && `, where: ${where}`} })`
  return `cities.where(${where}).orderBy("${order}").page({ size: ${pageRows} })`
}

/** A plain value as JavaScript. */
function codeOfValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(codeOfValue).join(", ")}]`
  if (typeof value === "number") return String(Number(value.toFixed(2)))
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, one]) => {
    return `${/^\w+$/.test(name) ? name : JSON.stringify(name)}: ${codeOfValue(one)}`
  })
  return `{ ${fields.join(", ")} }`
}
