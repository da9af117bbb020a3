import { expect, test } from "vitest"
import { FixpointError } from "../base/errors.ts"
import { type IdbPhase, storeError } from "./idb-errors.ts"

const phases: readonly IdbPhase[] = ["open", "read", "write"]
const fail = (name: string, message = "") => new DOMException(message, name)

// The words are those of Chromium, Firefox and WebKit as they were seen with damaged, full, blocked and killed storage.
const table: readonly [name: string, message: string, open: string, read: string, write: string][] = [
  ["QuotaExceededError", "", "QUOTA", "QUOTA", "QUOTA"],
  ["UnknownError", "Encountered full disk while opening backing store for indexedDB.open.", "QUOTA", "QUOTA", "QUOTA"],
  ["VersionError", "", "STORE_NEWER", "STORE_NEWER", "STORE_NEWER"],
  ["SecurityError", "", "STORE_UNAVAILABLE", "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"],
  ["TimeoutError", "", "STORE_TIMEOUT", "STORE_TIMEOUT", "STORE_TIMEOUT"],
  [
    "UnknownError",
    "Connection to Indexed Database server lost. Refresh the page to try again",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
  ],
  [
    "UnknownError",
    "Attempt to get a record from database without an in-progress transaction",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
  ],
  [
    "InvalidStateError",
    "The database connection is closing.",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
  ],
  [
    "InvalidStateError",
    "A mutation operation was attempted on a database that did not allow mutations.",
    "STORE_UNAVAILABLE",
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
  ],
  [
    "UnknownError",
    "Internal error opening backing store for indexedDB.open.",
    "STORE_UNREADABLE",
    "STORE_UNREADABLE",
    "STORE_UNREADABLE",
  ],
  ["UnknownError", "Unable to open database file on disk", "STORE_UNREADABLE", "STORE_UNREADABLE", "STORE_UNREADABLE"],
  ["UnknownError", "Seek failure", "STORE_UNREADABLE", "STORE_UNREADABLE", "STORE_UNREADABLE"],
  [
    "UnknownError",
    "The operation failed for reasons unrelated to the database itself and not covered by any other error code.",
    "STORE_UNREADABLE",
    "STORE_UNREADABLE",
    "STORE_UNAVAILABLE",
  ],
  ["DataError", "Failed to read large IndexedDB value", "STORE_UNREADABLE", "STORE_UNREADABLE", "STORE_UNREADABLE"],
  ["NotFoundError", "", "STORE_UNAVAILABLE", "STORE_TORN", "STORE_TORN"],
  ["AbortError", "", "STORE_UNAVAILABLE", "STORE_SERVER_LOST", "STORE_SERVER_LOST"],
  ["DataCloneError", "", "STORE_UNAVAILABLE", "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"],
  ["ReferenceError", "indexedDB is not defined", "STORE_UNAVAILABLE", "INTERNAL", "INTERNAL"],
]

for (const [name, message, ...expected] of table)
  test(`${name} ${message}`, () => {
    expect(phases.map((phase) => storeError(fail(name, message), phase).code)).toEqual(expected)
  })

test("an abort without a reason is a full disk when something was written", () => {
  expect(phases.map((phase) => storeError(null, phase).code)).toEqual([
    "STORE_SERVER_LOST",
    "STORE_SERVER_LOST",
    "QUOTA",
  ])
})

test("a coded failure passes as it is, and the platform's words are kept in the details", () => {
  const coded = new FixpointError("CLOSED")
  expect(storeError(coded, "write")).toBe(coded)
  expect(storeError(fail("VersionError", "too new"), "open").details).toEqual({ reason: "VersionError: too new" })
})
