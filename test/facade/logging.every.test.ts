// FP_DEBUG and its like, from the option and at run time, in page and worker alike.
import { type Database, fixpoint, type LogRecordLine, setDebug, setLogSink } from "fixpoint"
import { afterEach, expect, test } from "vitest"
import { refusal } from "./suite/case.ts"

const records: LogRecordLine[] = []
const opened: Database[] = []
const sink = (record: LogRecordLine) => void records.push(record)
afterEach(async () => {
  for (const db of opened.splice(0)) await db.destroy()
  setDebug(undefined, { stack: undefined })
  setLogSink()
  records.length = 0
})

function open(debug?: string): { db: Database; name: string } {
  const name = crypto.randomUUID()
  const db = fixpoint(name, debug === undefined ? {} : { debug })
  opened.push(db)
  return { db, name }
}

const of = (name: string) => records.filter(({ fields }) => fields["db"] === name)
const levels = (name: string) => [...new Set(of(name).map(({ level }) => level))].sort()

test("nothing but warnings and errors is logged unasked", async () => {
  setLogSink(sink)
  const { db, name } = open()
  await db.put({ _id: "a" })
  expect(of(name)).toEqual([])
})

test("setDebug holds for databases that are open, and reaches their workers by itself", async () => {
  setLogSink(sink)
  const { db, name } = open()
  await db.put({ _id: "a" })
  setDebug("*:trace")
  while (of(name).length === 0) await db.compact()
  expect(of(name).every(({ t, module, msg }) => t > 0 && module !== "" && msg !== "")).toBe(true)
  setDebug("")
  const some = async () => {
    records.length = 0
    await db.put({ n: 1 })
    await db.compact()
    return of(name).length > 0
  }
  while (await some()) await db.ready()
  expect(await some()).toBe(false)
})

test("the option debug is that of one database", async () => {
  setLogSink(sink)
  const { db, name } = open("db:info")
  const other = open()
  await Promise.all([db.ready(), other.db.ready()])
  expect(levels(name)).toEqual(["info"])
  expect(new Set(of(name).map(({ module }) => module))).toEqual(new Set(["db"]))
  expect(of(other.name)).toEqual([])
})

test("what is set at run time comes before the option", async () => {
  setLogSink(sink)
  setDebug("*:trace,-db:error")
  const { db, name } = open("db")
  await db.put({ _id: "a" })
  await db.compact()
  expect(of(name).filter(({ module }) => module === "db")).toEqual([])
})

test("FP_DEBUG is read from the environment, or from localStorage", async () => {
  setLogSink(sink)
  const isNode = typeof process !== "undefined" && process.env !== undefined && typeof window === "undefined"
  if (isNode) process.env["FP_DEBUG"] = "db:info"
  else localStorage.setItem("FP_DEBUG", "db:info")
  const { db, name } = open()
  await db.ready()
  if (isNode) delete process.env["FP_DEBUG"]
  else localStorage.removeItem("FP_DEBUG")
  expect(levels(name)).toEqual(["info"])
})

test("items without a meaning are named", async () => {
  setLogSink(sink)
  const { db, name } = open("db:loud,,*:info")
  await db.ready()
  expect(of(name).find(({ level }) => level === "warn")?.fields["items"]).toEqual(["db:loud"])
})

test("stacks are added when they are asked for", async () => {
  setLogSink(sink)
  setDebug("*", { stack: true })
  const { db, name } = open()
  await db.ready()
  expect(of(name)[0]?.stack).toMatch(/\S/)
})

test("no record carries a name, a value or a key", async () => {
  setLogSink(sink)
  setDebug("*:trace", { stack: true })
  const { db } = open()
  const marker = "marker7391"
  const bytes = new Uint8Array(32).fill(7)
  await db.put({ _id: `${marker}id`, [`${marker}field`]: `${marker}value`, bytes })
  await db.collection(`${marker}collection`).put({ _id: "x", n: 1 })
  await db.where({ [`${marker}field`]: `${marker}value` }).all()
  expect(await refusal(() => db.patch(`${marker}none`, { [`${marker}path`]: 1 }))).toBe("NOT_FOUND")
  await db.compact()
  await db.check({ deep: true })
  expect(records.length).toBeGreaterThan(0)
  expect(records.filter((record) => JSON.stringify(record).includes(marker))).toEqual([])
})
