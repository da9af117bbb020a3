/**
 * The two ways to answer a question: a query by pages, or a search for words. Owns: what is asked of the database for that.
 * Invariant: what is shown can be followed, so that an edit from anywhere reaches the screen. Must not know the screen.
 */
import type { QueryStats } from "fixpoint"
import type { City } from "./cities.ts"
import type { CityDatabase } from "./database.ts"
import { conditionsOf, hitsMax, pageRows, type Question } from "./question.ts"

/** A part of a name that was searched for. */
export interface NamePlace {
  readonly start: number
  readonly end: number
}

/** Rows of one page, and whether there is another one behind it. */
interface AnswerPage {
  readonly cities: readonly City[]
  readonly hasMore: boolean
}

/** Something that answers a question, page by page. */
export interface Answer {
  page(number: number): Promise<AnswerPage>
  /** Calls `show` with the rows of a page as they are now, and whenever they change; gives what ends it. */
  follow(number: number, cities: readonly City[], show: (cities: readonly City[]) => void): () => void
  /** How the engine finds the first page; a search does not say. */
  explain(): Promise<QueryStats | undefined>
  /** The hits of a search; undefined for a query, whose matches nobody has counted. */
  readonly hits?: readonly City[]
  places(id: string): readonly NamePlace[]
}

/** Answers by an index where there is one. Only the first page takes in what comes later: a cursor's place stays where it is. */
export function answerByQuery(db: CityDatabase, question: Question): Answer {
  const query = db.collections.cities.where(conditionsOf(question)).orderBy(question.order)
  const cursors: (string | undefined)[] = [undefined]
  return {
    async page(number) {
      const { docs, next } = await query.page({ size: pageRows, after: cursors[number] })
      cursors[number + 1] = next
      return { cities: docs, hasMore: next !== undefined }
    },
    follow: (number, cities, show) =>
      number === 0 ? query.limit(pageRows).watch(show) : followThese(db, cities, show),
    explain: () => query.limit(pageRows).explain(),
    places: () => [],
  }
}

/** Answers by the words of names, best first. */
export async function answerBySearch(db: CityDatabase, question: Question): Promise<Answer> {
  const options = { limit: hitsMax, where: conditionsOf(question) }
  const found = await db.collections.cities.search(question.text, options)
  const hits = found.map(({ doc }) => doc)
  const places = new Map(found.map(({ doc, places }) => [doc._id, places]))
  return {
    hits,
    async page(number) {
      const from = number * pageRows
      return { cities: hits.slice(from, from + pageRows), hasMore: hits.length > from + pageRows }
    },
    follow: (_, cities, show) => followThese(db, cities, show),
    explain: async () => undefined,
    places: (id) => places.get(id) ?? [],
  }
}

/** Follows cities that were found, in the order in which they were. */
function followThese(db: CityDatabase, found: readonly City[], show: (cities: readonly City[]) => void): () => void {
  const ids = found.map(({ _id }) => _id)
  return db.collections.cities.where({ _id: { in: ids } }).watch((cities) => {
    const now = new Map(cities.map((city) => [city._id, city]))
    show(ids.flatMap((id) => now.get(id) ?? []))
  })
}
