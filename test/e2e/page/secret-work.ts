/**
 * Everything that touches documents, done once with markers in ids, a collection's name, field names and values, including
 * calls that are refused. Must not know where the engine runs: it is given the interface of a page, or that of Node.
 */
import type * as Interface from "fixpoint"
import { errorReport } from "./error-report.ts"

/** What must not be found again. */
export interface Markers {
  readonly id: string
  readonly collection: string
  readonly field: string
  readonly value: string
  readonly passphrase: string
  /** Bytes of a key. */
  readonly key: readonly number[]
}

/** How a database's key is kept. */
export type KeyKind = "device" | "passphrase" | "raw"

/** What the work needs of fixpoint. */
export type Api = Pick<typeof Interface, "collection" | "counter" | "fixpoint" | "keys" | "set">

/** Which database is worked with. */
export interface Place {
  readonly name: string
  readonly key: KeyKind
  readonly storage?: Interface.Storage
}

function open(
  { collection, counter, fixpoint, keys, set }: Api,
  { name, key, storage = "auto" }: Place,
  markers: Markers,
) {
  const { field, passphrase, key: bytes } = markers
  const fields = { [`${field}-votes`]: counter(), [`${field}-labels`]: set() }
  const sources = {
    device: () => keys.device(),
    passphrase: () => keys.passphrase(() => passphrase),
    raw: () => keys.raw(Uint8Array.from(bytes)),
  }
  return fixpoint(name, {
    storage,
    keys: sources[key](),
    collections: { [markers.collection]: collection({ fields }) },
  })
}

/** The code of what a call is refused with. */
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => "nothing",
    (error: unknown) => errorReport(error).code ?? "no code",
  )

type Database = ReturnType<typeof open>
type Secrets = Interface.Collection

async function writeAll(db: Database, secrets: Secrets, markers: Markers): Promise<void> {
  const { id, field, value } = markers
  const document = (n: number) => ({
    _id: `${id}-${n}`,
    [field]: { [field]: `${value} ${n}`, list: [value, { [field]: value }] },
    text: `${value} `.repeat(20),
    bytes: new TextEncoder().encode(value),
  })
  await secrets.putMany(Array.from({ length: 200 }, (_, n) => document(n)))
  await secrets.insert(document(200))
  await secrets.put({ [field]: value })
  await secrets.patch(`${id}-1`, { [`${field}.${field}`]: `${value} patched` })
  await secrets.increment(`${id}-2`, `${field}-votes`, 1)
  await secrets.add(`${id}-2`, `${field}-labels`, value)
  await secrets.delete(`${id}-3`)
  const file = new File([`${value} `.repeat(100_000)], `${value}.txt`, { type: `text/${value}` })
  await secrets.put({ _id: `${id}-file`, [field]: file })
  await secrets.update(`${id}-4`, (old) => ({ ...old, [field]: `${value} updated` }))
  await db.transaction(async (tx) => {
    await tx.collection(markers.collection).get(`${id}-5`)
    await tx.collection(markers.collection).put(document(5))
  })
}

async function readAll(secrets: Secrets, { id, field, value }: Markers): Promise<number> {
  await secrets.get(`${id}-1`)
  await secrets.getMany([`${id}-1`, `${id}-2`])
  await secrets.where({ [`${field}.${field}`]: { startsWith: value } }).explain()
  await secrets
    .where({ [`${field}.${field}`]: `${value} 7` })
    .orderBy(field)
    .limit(5)
    .all()
  await secrets.changes()
  const file = (await secrets.get(`${id}-file`))?.[field] as Interface.Attachment
  await file.blob()
  return secrets.where({}).count()
}

async function callWrongly(secrets: Secrets, { id, field, value }: Markers): Promise<string[]> {
  const calls = [
    () => secrets.insert({ _id: `${id}-1` }),
    () => secrets.put({ _id: `${id}-9`, [field]: Number.NaN }),
    () => secrets.put({ _id: `${id}-9`, [field]: value.repeat(200_000) }),
    () => secrets.put({ _id: id.repeat(100) }),
    () => secrets.put({ _id: `${id}-9`, [field]: { constructor: value } }),
    () => secrets.increment(`${id}-1`, `${field}-votes`, Number.NaN),
  ]
  const codes: string[] = []
  for (const call of calls) codes.push(await refusal(call()))
  return codes
}

/** What `callWrongly` is refused with. */
export const refusals = [
  "ALREADY_EXISTS",
  "INVALID_DOCUMENT",
  "LIMIT_SIZE",
  "LIMIT_SIZE",
  "INVALID_DOCUMENT",
  "INVALID_ARGUMENT",
]

/** Does everything once; gives the codes of what was refused, and the number of documents. The database stays open. */
export async function workWithSecrets(
  api: Api,
  place: Place,
  markers: Markers,
): Promise<{ db: Database; refused: readonly string[]; count: number }> {
  const db = open(api, place, markers)
  const secrets: Secrets = db.collection(markers.collection)
  let steps = 0
  const stop = secrets.where({ [markers.field]: { exists: true } }).watch(() => {
    steps++
  })
  await writeAll(db, secrets, markers)
  await db.compact()
  await secrets.put({ _id: `${markers.id}-in-the-log`, [markers.field]: markers.value }, { durability: "strict" })
  const count = await readAll(secrets, markers)
  const refused = await callWrongly(secrets, markers)
  await db.check({ deep: true })
  await db.stats()
  stop()
  if (steps === 0) throw new Error("the live query gave nothing")
  return { db, refused, count }
}
