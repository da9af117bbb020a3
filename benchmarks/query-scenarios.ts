/**
 * How long answers by index take, and full-text searches. Owns: the queries, which differ in each sample, so that no kept
 * result answers.
 */
import { expectSame } from "./answers.ts"
import { isWanted, type Person, people } from "./documents.ts"
import type { Database, PageWanted } from "./drivers/driver.ts"
import type { Scenario } from "./scenario.ts"
import { opened, samplesOf, timed } from "./timed.ts"
import { filled } from "./write-scenarios.ts"

const rangeLimit = 50
const searchLimit = 20
const cities = ["Oslo", "Porto", "Lagos", "Lima", "Kyoto", "Quito", "Accra", "Turin", "Ghent", "Bergen"] as const
const names = [
  "Nakamura",
  "Quinn",
  "Okafor",
  "Weber",
  "Rossi",
  "Haddad",
  "Moreau",
  "Varga",
  "Petrov",
  "Fischer",
] as const

/** The ages of the samples: all documents have one from 18 to 89. */
const ageOf = (n: number): number => 20 + ((n * 7) % 60)
const cityOf = (n: number): string => cities[n % cities.length] as string

const idsOf = (found: readonly Person[]) => found.map(({ _id }) => _id)

/** Times a query and checks its answer when the clock has stopped. */
const answered = async (query: () => Promise<readonly Person[]>, check: (found: readonly Person[]) => void) => {
  let found: readonly Person[] = []
  const ms = await timed(async () => {
    found = await query()
  })
  check(found)
  return ms
}

function equality(db: Database, all: readonly Person[], n: number): Promise<number> {
  const age = ageOf(n)
  const expected = all.filter((one) => one.age === age)
  return answered(
    () => db.ofAge(age),
    (found) => expectSame(`of age ${age}`, idsOf(found).sort(), idsOf(expected).sort()),
  )
}

/** Those of one age come in any order: what is compared is the ages, and that each document is of its age. */
function range(db: Database, all: readonly Person[], n: number): Promise<number> {
  const from = ageOf(n)
  const byId = new Map(all.map((one) => [one._id, one]))
  const ages = all.map(({ age }) => age).filter((age) => age >= from)
  return answered(
    () => db.fromAge(from, rangeLimit),
    (found) => {
      const inOrder = ages.sort((a, b) => a - b).slice(0, rangeLimit)
      expectSame(
        `from age ${from}`,
        found.map(({ age }) => age),
        inOrder,
      )
      expectSame(
        "the documents of a range",
        found,
        found.map(({ _id }) => byId.get(_id)),
      )
    },
  )
}

async function secondPage(db: Database, all: readonly Person[], n: number, pageSize: number): Promise<number> {
  const wanted: PageWanted = { city: cityOf(n), olderThan: 30 + (n % 20), size: pageSize }
  const inOrder = all.filter((one) => isWanted(wanted, one)).sort((a, b) => (a.created < b.created ? -1 : 1))
  const { next } = await db.page(wanted)
  return answered(
    async () => (await db.page({ ...wanted, after: next })).people,
    (found) => expectSame(`a page of ${wanted.city}`, idsOf(found), idsOf(inOrder.slice(pageSize, 2 * pageSize))),
  )
}

export const queries: Scenario = {
  id: "queries",
  needs: "fill-indexed",
  metrics: [
    { id: "equalityCold", title: "equality on an index, first query after a cold open", unit: "ms" },
    { id: "equality", title: "equality on an index, about 1 in 70 documents", unit: "ms" },
    { id: "range", title: "range, in order, limit 50", unit: "ms" },
    { id: "page", title: "equality and range, in another order, second page of {pageSize}", unit: "ms" },
  ],
  async run(bench) {
    const { counts } = bench
    const all = people({ from: 0, to: counts.documents })
    const db = await opened(bench, "indexed")
    const sampled = (query: typeof equality) => samplesOf(counts, counts.queries, (n) => query(db, all, n + 1))
    const equalityCold = await equality(db, all, 0)
    return {
      equalityCold: [equalityCold],
      equality: await sampled(equality),
      range: await sampled(range),
      page: await sampled((...query) => secondPage(...query, counts.pageSize)),
    }
  },
}

export const search: Scenario = {
  id: "search",
  metrics: [
    { id: "bulkInsertSearched", title: "bulk insert of {documents}, names searchable", unit: "ms" },
    { id: "search", title: "a word in the names, 20 hits", unit: "ms" },
  ],
  async run(bench) {
    const { counts } = bench
    const { db, ms: bulkInsertSearched } = await filled(bench, "searched")
    const all = people({ from: 0, to: counts.documents })
    const samples = await samplesOf(counts, counts.queries, (n) => {
      const word = names[n % names.length] as string
      const count = all.filter(({ name }) => name.endsWith(` ${word}`)).length
      return answered(
        async () => (await db.search?.(word.toLowerCase(), searchLimit)) ?? [],
        (found) => {
          expectSame(`hits of ${word}`, found.length, Math.min(count, searchLimit))
          expectSame("each hit has the word", found.filter(({ name }) => !name.endsWith(` ${word}`)).length, 0)
        },
      )
    })
    return { bulkInsertSearched: [bulkInsertSearched], search: samples }
  },
}
