import { expect, test } from "vitest"
import type { LogRecordLine } from "./log.ts"
import { logLevels, parseLogFilter } from "./log-filter.ts"
import { LogHub } from "./log-hub.ts"

const on = (text: string, module: string) => logLevels.slice(0, parseLogFilter(text).threshold(module)).join(" ")

test.each([
  ["", "sync", "error warn"],
  ["sync", "sync", "error warn info debug"],
  ["sync", "synced", "error warn"],
  ["sync,store:trace", "store", "error warn info debug trace"],
  ["sync:info", "sync", "error warn info"],
  ["sync:error", "sync", "error"],
  ["sync*", "sync/pull", "error warn info debug"],
  ["*:trace", "anything", "error warn info debug trace"],
  ["a*c", "abc", "error warn info debug"],
  ["a.c", "abc", "error warn"],
  ["*,-lsm", "lsm", "error warn"],
  ["*,-lsm", "query", "error warn info debug"],
  ["*,-lsm:debug", "lsm", "error warn info"],
  ["-lsm:error", "lsm", ""],
  ["-lsm,*", "lsm", "error warn info debug"],
  [" sync , ,store ", "store", "error warn info debug"],
])("FP_DEBUG=%s turns %s on at: %s", (text, module, levels) => {
  expect(on(text, module)).toBe(levels)
})

test("an item without a meaning is named and changes nothing", () => {
  const filter = parseLogFilter("sync:loud,-,a b,store")
  expect(filter.unknown).toEqual(["sync:loud", "-", "a b"])
  expect(filter.threshold("sync")).toBe(2)
  expect(filter.threshold("store")).toBe(4)
})

test("new settings hold at once for a logger that exists", () => {
  const records: LogRecordLine[] = []
  const hub = new LogHub(
    () => 7,
    (record) => records.push(record),
  )
  const log = hub.logger("sync", { db: "app" })
  log.debug("dropped")
  expect(log.on("debug")).toBe(false)
  expect(hub.configure({ debug: "sync,x:loud", stack: false })).toEqual(["x:loud"])
  log.debug("kept", { ms: 2 })
  expect(log.on("debug")).toBe(true)
  hub.configure({ debug: "-sync:error", stack: false })
  log.error("dropped")
  expect(records).toEqual([{ t: 7, level: "debug", module: "sync", msg: "kept", fields: { db: "app", ms: 2 } }])
})

test("FP_STACK adds the place of the call", () => {
  const records: LogRecordLine[] = []
  const hub = new LogHub(
    () => 0,
    (record) => records.push(record),
  )
  hub.configure({ debug: "", stack: true })
  hub.logger("sync").warn("here")
  expect(records[0]?.stack).toContain("log-filter.test")
})

test("every level has its own gate", () => {
  for (const [index, gate] of logLevels.entries()) {
    const seen: string[] = []
    const hub = new LogHub(
      () => 0,
      (record) => seen.push(record.level),
    )
    hub.configure({ debug: `m:${gate}`, stack: false })
    const log = hub.logger("m")
    for (const level of logLevels) log[level]("x")
    expect(seen).toEqual(logLevels.slice(0, index + 1))
    expect(logLevels.filter((level) => log.on(level))).toEqual(seen)
  }
})
