// Golden bytes: what each version of Fixpoint has stored is read for ever, on every platform, and what today's code stores
// is what was stored when the bytes were made.
import { describe, expect, test } from "vitest"
import { forms } from "./forms.ts"
import golden from "./forms.json" with { type: "json" }

const bytesOf = (name: string) => (golden as Readonly<Record<string, string>>)[name] ?? ""

describe.each(forms)("$name", ({ name, make, read, says, isExact = true }) => {
  test("is read", async () => {
    expect(await read(bytesOf(name))).toEqual(says)
  })

  test("is written as it was", async () => {
    const made = await make()
    if (isExact) expect(made).toBe(bytesOf(name))
    else expect(await read(made)).toEqual(says)
  })
})
