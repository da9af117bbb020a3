/**
 * Queries evaluated naively, over documents as applications have them: what the engine must give, whatever way it takes.
 * Owns: the meaning of every form, written from docs/queries.md and sharing no code with the engine.
 */

/** A document as it is read. */
export type PlainDocument = Readonly<Record<string, unknown>> & { readonly _id: string }

/** A query as applications write it. */
export interface PlainQuery {
  readonly collection: string
  readonly where: readonly Where[]
  readonly order: readonly string[]
  readonly limit: number | undefined
  readonly select?: readonly string[] | undefined
  readonly include?: Readonly<Record<string, PlainInclude>> | undefined
  readonly aggregate?: PlainAggregate | undefined
}

/** What to show in documents. */
export interface PlainInclude {
  readonly from: { toJSON(): PlainQuery }
  readonly via?: string
  readonly on?: string
  readonly many?: boolean
}

/** A figure. */
export interface PlainAggregate {
  readonly of: "count" | "sum" | "avg" | "min" | "max"
  readonly path: string | undefined
  readonly by: string | undefined
}

type Where = Readonly<Record<string, unknown>>

/** The documents of all collections. */
export type World = ReadonlyMap<string, ReadonlyMap<string, PlainDocument>>

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" &&
  value !== null &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value) as object)

/** The value at a path; undefined when it is missing. */
export function valueAt(document: PlainDocument, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, key) => (isPlain(at) && Object.hasOwn(at, key) ? at[key] : undefined), document)
}

function rank(value: unknown): number {
  if (value === undefined) return -1
  if (value === null) return 0
  if (typeof value === "boolean") return 1
  if (typeof value === "number" || typeof value === "bigint") return 2
  if (value instanceof Date) return 3
  if (typeof value === "string") return 4
  if (value instanceof Uint8Array) return 5
  return Array.isArray(value) ? 6 : 7
}

const pointsOf = (text: string): number[] => Array.from(text, (char) => char.codePointAt(0) as number)

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

const sortedFields = (object: object): unknown[] =>
  Object.entries(object)
    .sort(([a], [b]) => compare(a, b))
    .flat()

/** The order of all values. */
export function compare(a: unknown, b: unknown): number {
  const order = rank(a) - rank(b)
  if (order !== 0) return order
  switch (rank(a)) {
    case 1:
      return Number(a) - Number(b)
    case 2:
      return (a as number) < (b as number) ? -1 : Number((a as number) > (b as number))
    case 3:
      return Number(a) - Number(b)
    case 4:
      return compareLists(pointsOf(a as string), pointsOf(b as string))
    case 5:
      return compareLists([...(a as Uint8Array)], [...(b as Uint8Array)])
    case 6:
      return compareLists(a as unknown[], b as unknown[])
    case 7:
      return compareLists(sortedFields(a as object), sortedFields(b as object))
    default:
      return 0
  }
}

/** Whether two values are the same, of the same kind. */
export function equal(a: unknown, b: unknown): boolean {
  return a !== undefined && typeof a === typeof b && compare(a, b) === 0 && kinds(a) === kinds(b)
}

/** The kinds of numbers inside: 5 and 5n compare as equal, and are not the same. */
const kinds = (value: unknown): string =>
  isPlain(value) ? sortedFields(value).map(kinds).join() : Array.isArray(value) ? value.map(kinds).join() : typeof value

const operators: Readonly<Record<string, (value: unknown, operand: never) => boolean>> = {
  eq: equal,
  ne: (value, operand) => !equal(value, operand),
  gt: (value, operand) => rank(value) === rank(operand) && compare(value, operand) > 0,
  gte: (value, operand) => rank(value) === rank(operand) && compare(value, operand) >= 0,
  lt: (value, operand) => rank(value) === rank(operand) && compare(value, operand) < 0,
  lte: (value, operand) => rank(value) === rank(operand) && compare(value, operand) <= 0,
  in: (value, operand: unknown[]) => operand.some((one) => equal(value, one)),
  nin: (value, operand: unknown[]) => !operand.some((one) => equal(value, one)),
  between: (value, [low, high]: [unknown, unknown]) =>
    rank(value) === rank(low) && rank(value) === rank(high) && compare(value, low) >= 0 && compare(value, high) <= 0,
  startsWith: (value, operand: string) => typeof value === "string" && value.startsWith(operand),
  has: (value, operand) => Array.isArray(value) && value.some((one) => equal(one, operand)),
  hasAny: (value, operand: unknown[]) =>
    Array.isArray(value) && value.some((one) => operand.some((other) => equal(one, other))),
  hasAll: (value, operand: unknown[]) =>
    Array.isArray(value) && operand.every((other) => value.some((one) => equal(one, other))),
  exists: (value, operand: boolean) => (value !== undefined) === operand,
  not: (value, operand) => !meets(value, operand),
}

function meets(value: unknown, condition: unknown): boolean {
  const isOperators =
    isPlain(condition) && Object.keys(condition).length > 0 && Object.keys(condition).every((key) => key in operators)
  if (!isOperators) return equal(value, condition)
  return Object.entries(condition).every(([name, operand]) => operators[name]?.(value, operand as never))
}

/** Whether a document meets a filter. */
export function holds(document: PlainDocument, where: Where): boolean {
  return Object.entries(where).every(([path, condition]) => {
    if (path === "and") return (condition as Where[]).every((part) => holds(document, part))
    if (path === "or") return (condition as Where[]).some((part) => holds(document, part))
    return meets(valueAt(document, path), condition)
  })
}

function matches(world: World, { collection, where, order, limit }: PlainQuery): PlainDocument[] {
  const terms = [...order, "_id"].map((term) => ({ path: term.replace(/^-/, ""), sign: term.startsWith("-") ? -1 : 1 }))
  return [...(world.get(collection)?.values() ?? [])]
    .filter((document) => where.every((one) => holds(document, one)))
    .sort((a, b) => {
      for (const { path, sign } of terms) {
        const order = compare(valueAt(a, path), valueAt(b, path))
        if (order !== 0) return order * sign
      }
      return 0
    })
    .slice(0, limit)
}

function selected(document: PlainDocument, paths: readonly string[] | undefined): Record<string, unknown> {
  if (paths === undefined) return { ...document }
  const shown: Record<string, unknown> = { _id: document._id }
  for (const path of paths) {
    const value = valueAt(document, path)
    const keys = path.split(".")
    if (value === undefined) continue
    let at = shown
    for (const key of keys.slice(0, -1)) at = (at[key] = { ...(at[key] as object) }) as Record<string, unknown>
    at[keys.at(-1) as string] = value
  }
  return shown
}

function withOthers(world: World, document: PlainDocument, query: PlainQuery): unknown {
  const shown = selected(document, query.select)
  for (const [as, { from, via = as, on, many = true }] of Object.entries(query.include ?? {})) {
    const other = from.toJSON()
    const find = (where: Where) => documentsOf(world, { ...other, where: [...other.where, where] })
    const link = on === undefined ? valueAt(document, via) : undefined
    const byId = (id: unknown) => (typeof id === "string" ? find({ _id: id }) : [])
    if (on !== undefined) shown[as] = many ? find({ [on]: document._id }) : find({ [on]: document._id })[0]
    else if (Array.isArray(link)) shown[as] = link.flatMap(byId).slice(0, other.limit)
    else shown[as] = byId(link)[0]
    if (shown[as] === undefined) delete shown[as]
  }
  return shown
}

function documentsOf(world: World, query: PlainQuery): unknown[] {
  return matches(world, query).map((document) => withOthers(world, document, query))
}

function figureOf(documents: readonly PlainDocument[], { of, path = "_id" }: PlainAggregate): unknown {
  const values = documents
    .map((document) => valueAt(document, path))
    .filter((value) => value !== undefined && value !== null)
  const numbers = values.filter((value) => typeof value === "number" || typeof value === "bigint")
  // Test data has whole numbers and quarters alone, whose sums are exact in any order.
  const sum = numbers.reduce<number>((total, value) => total + Number(value), 0)
  switch (of) {
    case "count":
      return documents.length
    case "sum":
      return numbers.length > 0 && numbers.every((value) => typeof value === "bigint") ? BigInt(sum) : sum
    case "avg":
      return numbers.length === 0 ? undefined : sum / numbers.length
    case "min":
      return values.toSorted(compare)[0]
    case "max":
      return values.toSorted(compare).at(-1)
  }
}

function groupsOf(world: World, query: PlainQuery, aggregate: PlainAggregate): [unknown, unknown][] {
  const documents = matches(world, query)
  const { by, of } = aggregate
  if (by === undefined) return [[undefined, figureOf(documents, aggregate)]]
  const groups: { key: unknown; documents: PlainDocument[] }[] = []
  for (const document of documents) {
    const value = valueAt(document, by.replace("[]", ""))
    const keys = by.endsWith("[]") ? (Array.isArray(value) ? value : []) : [value]
    for (const key of keys) {
      const group = groups.find((one) => (one.key === undefined ? key === undefined : equal(one.key, key)))
      if (group === undefined) groups.push({ key, documents: [document] })
      else if (!group.documents.includes(document)) group.documents.push(document)
    }
  }
  return groups
    .map(({ key, documents: own }): [unknown, unknown] => [key, figureOf(own, aggregate)])
    .filter(([, figure]) => figure !== undefined || of === "count" || of === "sum")
    .sort(([a], [b]) => compare(a, b))
}

/** What a query gives: documents, or keys and figures. */
export function evaluate(world: World, query: PlainQuery): unknown[] {
  return query.aggregate === undefined ? documentsOf(world, query) : groupsOf(world, query, query.aggregate)
}
