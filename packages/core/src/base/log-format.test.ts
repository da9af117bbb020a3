import { expect, test } from "vitest"
import type { LogRecordLine } from "./log.ts"
import { formatRecord, type LogFormat } from "./log-format.ts"

const record: LogRecordLine = {
  t: Date.UTC(2026, 10, 21, 9, 8, 7, 6),
  level: "warn",
  module: "lsm",
  msg: "flush was outrun",
  fields: { db: "my-app", ms: 12, none: undefined, segments: [1, 2], empty: [], by: { tab: "yes", deep: { n: null } } },
}

test("json is one line", () => {
  expect(formatRecord(record, "json")).toBe(
    '{"t":1795252087006,"level":"warn","module":"lsm","msg":"flush was outrun","db":"my-app","ms":12,"segments":[1,2],' +
      '"empty":[],"by":{"tab":"yes","deep":{"n":null}}}',
  )
})

test("jsonice is the same, indented", () => {
  const text = formatRecord(record, "jsonice")
  expect(text).toContain('\n  "module": "lsm",\n')
  expect(JSON.parse(text)).toEqual(JSON.parse(formatRecord(record, "json")))
})

test("yaml is a document of its own, with every word that is not plain in quotes", () => {
  expect(formatRecord(record, "yaml")).toBe(`---
t: 1795252087006
level: warn
module: lsm
msg: flush was outrun
db: my-app
ms: 12
segments:
  - 1
  - 2
empty: []
by:
  tab: "yes"
  deep:
    "n": null
`)
  const hostile = { ...record, fields: { "a: b": "x\n- y", list: [[1], { k: "#" }] }, stack: "Error: x\n    at y" }
  expect(formatRecord(hostile, "yaml")).toContain(`"a: b": "x\\n- y"
list:
  -
    - 1
  -
    k: "#"
stack: "Error: x\\n    at y"
`)
})

test("pretty is a line for eyes, with the stack below", () => {
  expect(formatRecord(record, "pretty")).toBe(
    '09:08:07.006 WARN  lsm: flush was outrun db=my-app ms=12 segments=[1,2] empty=[] by={"tab":"yes","deep":{"n":null}}',
  )
  expect(formatRecord({ ...record, fields: {}, stack: "Error: x\nat y" }, "pretty")).toBe(
    "09:08:07.006 WARN  lsm: flush was outrun\n    Error: x\n    at y",
  )
})

test("a format that is not known is one line of JSON", () => {
  expect(formatRecord(record, "xml" as LogFormat)).toBe(formatRecord(record, "json"))
})
