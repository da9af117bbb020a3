/**
 * The documents of every benchmark: person(i) is the same on each machine and in each run.
 * Invariant: ids are unique for indexes below 2^32 and lie scattered over the key space; a document is about 250 bytes of JSON.
 */

/** What is stored. Plain JSON, so that every system can take it as it is. */
export interface Person {
  readonly _id: string
  readonly name: string
  readonly age: number
  readonly city: string
  readonly tags: readonly string[]
  readonly created: string
  readonly address: { readonly street: string; readonly zip: string; readonly country: string }
}

/** A range of documents, by index: `from` inclusive, `to` exclusive. */
export interface Range {
  readonly from: number
  readonly to: number
}

const words = (text: string): readonly string[] => text.split(" ")

const firstNames = words(
  "Ada Alan Amara Anders Aiko Beatriz Boris Carla Chen Dalia Dmitri Elena Emeka Farid Greta Hana Ingrid Ivan Jana Joao " +
    "Karim Lena Luca Maya Mikko Nadia Noor Olga Pavel Priya Rosa Sami Tariq Uma Viktor Wanda Yusuf Zoe",
)
const lastNames = words(
  "Adeyemi Andersson Berzins Castillo Dubois Eriksen Fischer Gonzalez Haddad Ivanova Jansen Kowalski Lindqvist Moreau " +
    "Nakamura Okafor Petrov Quinn Rossi Schneider Takahashi Ueda Varga Weber Xu Yamamoto Zielinski",
)
const cities = words(
  "Riga Oslo Porto Lagos Lima Kyoto Quito Accra Turin Ghent Bergen Tartu Split Leeds Tunis Izmir Pune Cebu Perth Davao " +
    "Malmo Brno Vigo Cork Lyon Bonn Graz Basel Kobe Suwon Hanoi Natal",
)
const countries = words("LV NO PT NG PE JP EC GH IT BE EE HR GB TN TR IN PH AU SE CZ ES IE FR DE AT CH KR VN BR")
const topics = words(
  "running chess cinema sailing baking history guitar cycling pottery robots poetry climbing gardens physics painting " +
    "travel coffee theatre swimming birds",
)
const streets = words("Harbour Station Mill Church Garden Castle Bridge Forest River Market School Orchard")

/** A bijection of the 32-bit integers that scatters neighbours (the finaliser of murmur3). */
function scatter(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

const hex = (value: number): string => value.toString(16).padStart(8, "0")
const pick = (list: readonly string[], seed: number): string => list[seed % list.length] ?? ""

/** The id of document `i`. */
export const personId = (i: number): string => hex(scatter(i)) + hex(scatter(i ^ 0x5bd1e995))

/** Document `i`. Each `version` differs from the others in two fields. */
export function person(i: number, version = 0): Person {
  const a = scatter(i + 1)
  const b = scatter(a ^ 0x9e3779b9)
  const c = scatter(b ^ 0x7f4a7c15)
  const topic = a >>> 8
  return {
    _id: personId(i),
    name: `${pick(firstNames, a)} ${pick(lastNames, b)}`,
    age: 18 + ((c + version) % 72),
    city: pick(cities, b >>> 8),
    tags: [pick(topics, topic), pick(topics, topic + 7), pick(topics, topic + 13)],
    created: new Date(1_600_000_000_000 + (b % 150_000_000) * 1_000).toISOString(),
    address: {
      street: `${pick(streets, c >>> 4)} Street ${1 + (c % 240)}`,
      zip: String(10_000 + ((a + version) % 90_000)),
      country: pick(countries, b >>> 8),
    },
  }
}

/** Documents of a range, as new objects. */
export const people = ({ from, to }: Range, version = 0): Person[] =>
  Array.from({ length: to - from }, (_, offset) => person(from + offset, version))

/** `count` indexes below `below`, all different while count <= below, in scattered order. */
export function someIndexes(count: number, below: number, seed = 0): number[] {
  const step = 7_919
  return Array.from({ length: count }, (_, k) => ((k + seed) * step) % below)
}

/** The predicate of the scan: what it asks for, so that a system can ask in its own words. */
export interface Wanted {
  readonly city: string
  readonly olderThan: number
}

/** Whether a document answers the scan. */
export const isWanted = ({ city, olderThan }: Wanted, one: Person): boolean => one.age > olderThan && one.city === city
