// FIXPOINT_GOLDEN=write adds golden bytes to the forms that have none. Nothing ever replaces bytes that are there.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { forms } from "./forms.ts"

const file = join(import.meta.dirname, "forms.json")
const read = () => JSON.parse(readFileSync(file, "utf8")) as Record<string, string>

if (process.env["FIXPOINT_GOLDEN"] === "write") {
  const golden = read()
  for (const form of forms) golden[form.name] ??= await form.make()
  writeFileSync(file, `${JSON.stringify(golden, undefined, 2)}\n`)
}

test("every form has golden bytes, and all golden bytes have a form", () => {
  expect(Object.keys(read()).sort()).toEqual(forms.map(({ name }) => name).sort())
})
