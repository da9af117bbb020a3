// The engine's own door: what the page would never send is refused here as well, and changes nothing.
import { describe, expect, test } from "vitest"
import { FixpointError } from "../base/errors.ts"
import { transactionWritesMax } from "../base/limits.ts"
import { admitOps, checkWriteCount, Stage } from "./admit.ts"

const at = { collection: "docs", id: "a" }

const refusal = (work: () => unknown): string => {
  try {
    work()
    return "passes"
  } catch (error) {
    return error instanceof FixpointError ? `${error.code} ${error.details["path"] as string}` : String(error)
  }
}

describe("a write is refused", () => {
  test.each([
    ["that is text", "put", "INVALID_ARGUMENT op"],
    ["that is null", null, "INVALID_ARGUMENT op"],
    ["of a kind that there is not", { ...at, op: "upsert" }, "INVALID_ARGUMENT op"],
    ["to no collection", { op: "delete", id: "a" }, "INVALID_ARGUMENT collection"],
    ["to an id that is a number", { op: "delete", collection: "docs", id: 7 }, "INVALID_DOCUMENT _id"],
    ["of a document that is no text", { ...at, op: "put", text: {} }, "INVALID_ARGUMENT text"],
    ["of a document that is no object", { ...at, op: "put", text: "[]" }, "INVALID_DOCUMENT "],
    ["of a version that is none", { ...at, op: "replace", text: "{}", version: 7 }, "INVALID_ARGUMENT version"],
    ["of a patch that is no list", { ...at, op: "patch", entries: {} }, "INVALID_ARGUMENT entries"],
    ["of a patch of no pairs", { ...at, op: "patch", entries: ["x"] }, "INVALID_ARGUMENT entries"],
    ["of a path that is none", { ...at, op: "patch", entries: [[7, 1]] }, "INVALID_ARGUMENT path"],
    ["of a value that is none", { ...at, op: "patch", entries: [["x", Number.NaN]] }, "INVALID_DOCUMENT x"],
    ["by text", { ...at, op: "increment", path: "n", by: "1" }, "INVALID_ARGUMENT by"],
    ["by NaN", { ...at, op: "increment", path: "n", by: Number.NaN }, "INVALID_ARGUMENT by"],
    ["by no end", { ...at, op: "increment", path: "n", by: Number.NEGATIVE_INFINITY }, "INVALID_ARGUMENT by"],
    ["by nothing", { ...at, op: "increment", path: "n" }, "INVALID_ARGUMENT by"],
    ["at a forbidden path", { ...at, op: "increment", path: "__proto__", by: 1 }, "KEY_FORBIDDEN __proto__"],
    ["of an element that is none", { ...at, op: "add", path: "s", element: undefined }, "INVALID_DOCUMENT element"],
  ])("%s", (_, op, expected) => {
    expect(refusal(() => admitOps([op]))).toBe(expected)
  })

  test("with all that came with it, however it came", () => {
    const stage = new Stage()
    stage.add([{ ...at, op: "delete" }])
    stage.add([{ ...at, op: "upsert" }])
    stage.add([{ ...at, op: "delete" }])
    expect(refusal(() => stage.take())).toBe("INVALID_ARGUMENT op")
    expect(refusal(() => admitOps(stage))).toBe("INVALID_ARGUMENT op")
  })

  test("that comes in no list, or with too many others", () => {
    expect(refusal(() => admitOps({ op: "delete" }))).toBe("INVALID_ARGUMENT ops")
    expect(refusal(() => checkWriteCount(transactionWritesMax))).toBe("passes")
    expect(refusal(() => checkWriteCount(transactionWritesMax + 1))).toBe("LIMIT_SIZE ops")
  })
})

test("a write that is one passes as it is, without what is none of it", () => {
  const extra = { secret: 1 }
  const ops = [
    { ...at, op: "put", text: '{"x":1}' },
    { ...at, op: "replace", text: "{}", version: undefined },
    { ...at, op: "patch", entries: [["x.y", undefined]] },
    { ...at, op: "increment", path: "n", by: -1 },
    { ...at, op: "add", path: "s", element: "e" },
    { ...at, op: "delete" },
  ]
  const admitted = admitOps(ops.map((op) => ({ ...op, ...extra })))
  expect(admitted.map(({ op }) => op)).toEqual(ops)
  expect(admitted.map(({ parsed }) => parsed)).toEqual([{ x: 1 }, {}, undefined, undefined, undefined, undefined])
})
