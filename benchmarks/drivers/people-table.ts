/** The people as rows of a relational table. Owns: the columns and their order; what is nested is JSON in a column. */
import type { Person } from "../documents.ts"

/** A row as a query gives it. */
export interface PersonRow extends Omit<Person, "tags" | "address"> {
  readonly tags: string
  readonly address: string
}

const fields = ["_id", "name", "age", "city", "tags", "created", "address"] as const

/** The table, in words that SQLite and Postgres both know. */
export const createTable =
  "create table if not exists people (_id text primary key, name text not null, age integer not null, city text not null, " +
  "tags text not null, created text not null, address text not null)"

/** The indexes of what the queries ask for. */
export const createIndexes =
  "create index if not exists people_age on people (age); create index if not exists people_city on people (city, created)"

/** Column names, for an insert. */
export const columns = fields.join(", ")

/** Setting all columns but the id to what an insert had. */
export const replaceAll = fields
  .slice(1)
  .map((field) => `${field} = excluded.${field}`)
  .join(", ")

/** The values of a person, in the order of the columns. */
export const valuesOf = (person: Person): (string | number)[] => {
  const row = nestedAsText(person)
  return fields.map((field) => row[field] as string | number)
}

/** Fields of a person as columns: what is nested becomes JSON. */
export const nestedAsText = (changes: Partial<Person>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(changes).map(([field, value]) => [field, typeof value === "object" ? JSON.stringify(value) : value]),
  )

/** A row as a person. */
export const personOf = ({ tags, address, ...row }: PersonRow): Person => ({
  ...row,
  tags: JSON.parse(tags) as Person["tags"],
  address: JSON.parse(address) as Person["address"],
})

/** Queries by what they ask; parameters are written ?1, ?2. Postgres wants $1, $2. */
export const selects = {
  get: "select * from people where _id = ?1",
  scan: "select * from people where city = ?1 and age > ?2",
  count: "select count(*) as n from people",
  ofAge: "select * from people where age = ?1",
  fromAge: "select * from people where age >= ?1 order by age limit ?2",
  page: "select * from people where city = ?1 and age > ?2 order by created limit ?3 offset ?4",
  ofCity: "select * from people where city = ?1",
} as const
