/**
 * The facets: how many cities each narrower question would find. Owns: the live queries that count them.
 * Invariant: a facet's counts leave out its own choice, so that its choices can be compared. Those of a search are of its hits.
 */
import type { City } from "./cities.ts"
import type { CityDatabase } from "./database.ts"
import { FacetList } from "./facet-list.ts"
import { conditionsOf, type FacetName, facetNames, type Question } from "./question.ts"

type Counts = ReadonlyMap<string, number>

interface Followed {
  readonly conditions: string
  readonly stop: () => void
  counts?: Counts
}

/** The facets of one page. */
export class Facets {
  readonly #db: CityDatabase
  readonly #counted: (found: number) => void
  readonly #lists = new Map(facetNames.map((name) => [name, new FacetList(name)]))
  readonly #followed = new Map<FacetName, Followed>()
  #question: Question | undefined

  /** `counted` is told how many cities the followed question finds. */
  constructor(db: CityDatabase, counted: (found: number) => void) {
    this.#db = db
    this.#counted = counted
  }

  /** Counts for a question, and keeps the counts live. Queries whose conditions are as before go on. */
  follow(question: Question): void {
    this.#question = question
    for (const name of facetNames) {
      const conditions = JSON.stringify(conditionsOf(question, name))
      const before = this.#followed.get(name)
      if (before?.conditions === conditions) continue
      before?.stop()
      const followed: Followed = {
        conditions,
        stop: this.#watch(name, question, (counts) => this.#show(name, followed, counts)),
      }
      this.#followed.set(name, followed)
    }
    this.#tell()
  }

  /** Another question is asked: how many cities this one finds is told no more. */
  leave(): void {
    this.#question = undefined
  }

  /** Counts hits instead; there are more of them than these where `isCut`. */
  count(hits: readonly City[], isCut: boolean): void {
    for (const { stop } of this.#followed.values()) stop()
    this.#followed.clear()
    for (const [name, list] of this.#lists) {
      const counts = new Map<string, number>()
      for (const { [name]: value } of hits)
        if (value !== undefined) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
      list.show(counts, isCut)
    }
  }

  #watch(name: FacetName, question: Question, show: (counts: Counts) => void): () => void {
    const all = this.#db.collections.cities.where(conditionsOf(question, name))
    // One value is wanted: counting it alone goes by its index.
    if (name === "visited")
      return all
        .where({ visited: true })
        .count()
        .watch((found) => show(new Map([["true", found]])))
    return all
      .groupBy(name)
      .count()
      .watch((groups) => show(new Map([...groups].map(([value, found]) => [String(value), found]))))
  }

  #show(name: FacetName, followed: Followed, counts: Counts): void {
    followed.counts = counts
    this.#lists.get(name)?.show(counts, false)
    if (name === "country") this.#tell()
  }

  /** The counts of all countries make the count of the whole: there is no query for that. */
  #tell(): void {
    const counts = this.#followed.get("country")?.counts
    if (!counts || !this.#question) return
    const { country } = this.#question
    this.#counted(country ? (counts.get(country) ?? 0) : [...counts.values()].reduce((sum, one) => sum + one, 0))
  }
}
