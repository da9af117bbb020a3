// FIXPOINT_GOLDEN=write adds the golden bytes that are missing. Nothing ever replaces bytes that are there.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { makeDatabase } from "./database.ts"
import { forms } from "./forms.ts"

const place = (name: string) => join(import.meta.dirname, name)
const formsFile = place("forms.json")
const databaseFile = place("database.json")

const readForms = (): Record<string, string> =>
  existsSync(formsFile) ? (JSON.parse(readFileSync(formsFile, "utf8")) as Record<string, string>) : {}
const write = (file: string, json: unknown) => writeFileSync(file, `${JSON.stringify(json, undefined, 2)}\n`)

if (process.env["FIXPOINT_GOLDEN"] === "write") {
  const golden = readForms()
  for (const form of forms) golden[form.name] ??= await form.make()
  write(formsFile, golden)
  if (!existsSync(databaseFile)) write(databaseFile, await makeDatabase())
}

test("every form has golden bytes, and all golden bytes have a form", () => {
  expect(Object.keys(readForms()).sort()).toEqual(forms.map(({ name }) => name).sort())
})

test("there is a golden database", () => {
  expect(existsSync(databaseFile)).toBe(true)
})
