/** Pages of systems that give the people of a city whole, or a number of them to skip. Owns: what a page is cut from. */
import { isWanted, type Person } from "../documents.ts"
import type { Page, PageWanted } from "./driver.ts"

/** How many are skipped before a page, where `next` is a number. */
export const skipped = ({ after }: PageWanted): number => (after as number | undefined) ?? 0

/** A page, with the number to skip before the next one. */
export const counted = (wanted: PageWanted, people: readonly Person[]): Page => ({
  people,
  next: skipped(wanted) + people.length,
})

/** Cuts a page from the people of a city that are in order already. */
export function pageOf(wanted: PageWanted, ofCity: readonly Person[]): Page {
  const found = ofCity.filter((person) => isWanted(wanted, person))
  return counted(wanted, found.slice(skipped(wanted), skipped(wanted) + wanted.size))
}

const byCreated = (a: Person, b: Person): number => (a.created < b.created ? -1 : 1)

/** The same from people in any order. */
export const sortedPageOf = (wanted: PageWanted, ofCity: readonly Person[]): Page =>
  pageOf(wanted, [...ofCity].sort(byCreated))

/** The first people of at least an age, from people in any order. */
export const firstFromAge = (people: readonly Person[], age: number, limit: number): readonly Person[] =>
  people
    .filter((one) => one.age >= age)
    .sort((a, b) => a.age - b.age)
    .slice(0, limit)
