/** What the check asks of queries. Owns: the questions. What they must give is worked out from the data set. */
import { answer, counts } from "./expected.ts"
import { same } from "./report.ts"
import { count, ms, question, type Scene } from "./scene.ts"

const words = { text: "são jos" }
const pageRows = 50

const ids = (cities: readonly { readonly _id: string }[]) => cities.map(({ _id }) => _id).join()

/** Queries find what the data set has, by the index that fits. */
export async function query({ page, cities }: Scene): Promise<string> {
  const told: string[] = []
  for (const [asked, index] of [
    [{}, "-population"],
    [{ country: "BR", size: "5" }, "country,-population"],
    [{ order: "key", country: "LV" }, undefined],
  ] as const) {
    const expected = answer(cities, asked)
    const found = await page.ask(asked)
    const what = JSON.stringify(asked)
    same(`Cities found for ${what}`, found.found, expected.length)
    same(`Warning for ${what}`, found.warning, "")
    if (index !== undefined) {
      same(`Index for ${what}`, found.index, index)
      same(
        `Rows of ${what}`,
        ids((await page.rows()).map(({ id: _id }) => ({ _id }))),
        ids(expected.slice(0, pageRows)),
      )
      if (found.rows > 2 * pageRows) throw new Error(`${found.rows} rows were read for one page`)
    }
    told.push(`${count(found.found)} by ${found.index}: ${found.entries} entries, ${found.rows} rows, ${ms(found.ms)}`)
  }
  return told.join("; ")
}

/** Each choice has the count that choosing it would give. */
export async function facets({ page, cities }: Scene): Promise<string> {
  await page.ask({})
  await page.facet("country", counts(cities, "country"))
  await page.facet("size", counts(cities, "size"))
  await page.ask(question)
  // A facet leaves out its own choice.
  await page.facet("country", counts(answer(cities, { size: question.size }), "country"))
  await page.facet("size", counts(answer(cities, { country: question.country }), "size"))
  return `${counts(cities, "country").size} countries and ${counts(cities, "size").size} sizes, counted as the data set has them`
}

/** Pages follow each other without a gap, and back. */
export async function pages({ page, cities }: Scene): Promise<string> {
  await page.ask({})
  for (const number of [1, 2]) {
    const from = number * pageRows
    await page.turn("after", from + 1)
    same(`Page ${number}`, (await page.rows()).map(({ id }) => id).join(), ids(cities.slice(from, from + pageRows)))
  }
  await page.turn("before", pageRows + 1)
  same("The page before", (await page.rows())[0]?.id, cities[pageRows]?._id)
  return "by cursors, there and back"
}

/** What is typed finds the names with these words, and marks them. */
export async function search({ page, cities }: Scene): Promise<string> {
  const expected = answer(cities, words)
  const { found, screen } = await page.ask(words)
  same(`Hits of "${words.text}"`, found, expected.length)
  const rows = await page.rows()
  const known = new Set(expected.map(({ _id }) => _id))
  const wrong = rows.find(({ id, marks }) => !known.has(id) || marks.length < 2)
  if (wrong) throw new Error(`${wrong.name} is not a hit that is marked`)
  await page.facet("country", counts(expected, "country"))
  return `"${words.text}": ${count(found)} hits after ${ms(screen)}, first ${rows[0]?.name}`
}

/** Where no index fits, the page says what that costs. */
export async function fullScan({ page, cities }: Scene): Promise<string> {
  const found = await page.ask({ order: "-loc.lat" })
  same("Warning", found.warning, cities.length > 50_000 ? "FULL_SCAN" : "")
  same("Index", found.index, "no index")
  same("Rows read", found.rows, cities.length)
  const northern = cities.reduce((most, city) => (city.loc.lat > most.loc.lat ? city : most))
  same("The northernmost", (await page.rows())[0]?.id, northern._id)
  return `told: ${count(found.rows)} rows in ${ms(found.ms)}`
}
