import { codeTexts } from "@fixpoint/core/code-texts"
import { type Code, FixpointError } from "@fixpoint/core/errors"
import { expect, test } from "vitest"
import { fixpoint } from "./edge.ts"
import { explained, failureOf } from "./explain.ts"

const messageOf = async (work: Promise<unknown>): Promise<string> => await work.then(String, ({ message }) => message)

test("an error gets the words of its code once", () => {
  const { meaning, action } = codeTexts.CONFLICT
  const bare = explained(new FixpointError("CONFLICT"))
  expect(bare.message).toBe(`CONFLICT: ${meaning} ${action}`)
  expect(explained(bare).message).toBe(`CONFLICT: ${meaning} ${action}`)
  expect(explained(new FixpointError("CONFLICT", "It was changed.")).message).toBe(
    `CONFLICT: It was changed. ${action}`,
  )
})

test("what is no error of ours stays as it is", () => {
  const error = new Error("theirs")
  expect(explained(error)).toBe(error)
  expect(error.message).toBe("theirs")
})

test("a code of a newer engine keeps what it says, and is to be reported", () => {
  const told = failureOf({
    ...new FixpointError("CONFLICT").toJSON(),
    code: "NEWER" as Code,
    message: "NEWER: It is new.",
  })
  expect(told).toMatchObject({ code: "INTERNAL", message: `NEWER: It is new. ${codeTexts.INTERNAL.action}` })
})

test("whoever finds the fault, an error says what happened and what to do", async () => {
  const db = fixpoint(`explain-${crypto.randomUUID()}`, { storage: "memory" })
  await db.insert({ _id: "a" })
  expect(await messageOf(db.insert({ _id: "a" }))).toBe(
    `ALREADY_EXISTS: ${codeTexts.ALREADY_EXISTS.meaning} ${codeTexts.ALREADY_EXISTS.action}`,
  )
  expect(await messageOf(db.put({ _id: "b", f: () => 1 }))).toContain(codeTexts.INVALID_DOCUMENT.action)
  expect(await messageOf(db.transaction((tx) => void tx.collection("docs").insert({ _id: "a" })))).toContain(
    codeTexts.ALREADY_EXISTS.action,
  )
  expect(await messageOf(db.limit(-1).all())).toContain(codeTexts.INVALID_ARGUMENT.action)
  expect(() => fixpoint("")).toThrow(codeTexts.INVALID_ARGUMENT.action)
  await db.close()
  expect(await messageOf(db.get("a"))).toContain(codeTexts.CLOSED.action)
})
