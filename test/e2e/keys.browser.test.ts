// A database opens with its key alone. With another one, or none, opening has a code, and nothing is created or written.
import { fixpoint, isFixpointError, keys } from "fixpoint"
import { beforeAll, describe, expect, test } from "vitest"
import { databaseNames, fingerprint } from "./page/stored.ts"

type Source = ReturnType<(typeof keys)[keyof typeof keys]>

const raw = (fill: number) => keys.raw(new Uint8Array(32).fill(fill))
const words = (text: string | undefined) => keys.passphrase(() => text)
const broken = keys.passphrase(() => Promise.reject(new Error("the dialog was closed")))

/** What opening and reading give: the code of the failure, or the document's text. */
async function open(name: string, source: Source): Promise<string | undefined> {
  const db = fixpoint(name, { keys: source })
  try {
    await db.ready()
    return ((await db.get("a")) as { text?: string } | undefined)?.text
  } catch (error) {
    if (!isFixpointError(error)) throw error
    expect(db.status.state).toBe("failed")
    expect(db.status.error?.code).toBe(error.code)
    return error.code
  } finally {
    await db.close()
  }
}

async function create(source: Source): Promise<string> {
  const name = crypto.randomUUID()
  const db = fixpoint(name, { keys: source })
  await db.put({ _id: "a", text: "kept" }, { durability: "strict" })
  await db.close()
  return name
}

type Stranger = readonly [what: string, source: Source, code: string]

/** Databases by the source of their key, each with others that are not its own. */
const owned: readonly (readonly [string, Source, readonly Stranger[]])[] = [
  [
    "passphrase",
    words("the right words"),
    [
      ["another passphrase", words("other words"), "KEY_WRONG"],
      ["no passphrase", words(undefined), "KEY_MISSING"],
      ["an empty passphrase", words(""), "KEY_MISSING"],
      ["a dialog that was closed", broken, "KEY_MISSING"],
      ["the device's key", keys.device(), "KEY_MISSING"],
      ["a raw key", raw(1), "KEY_WRONG"],
    ],
  ],
  [
    "raw key",
    raw(1),
    [
      ["another raw key", raw(2), "KEY_WRONG"],
      ["a passphrase", words("the right words"), "KEY_MISSING"],
      ["the device's key", keys.device(), "KEY_MISSING"],
    ],
  ],
  [
    "device",
    keys.device(),
    [
      ["a passphrase", words("the right words"), "KEY_MISSING"],
      ["a raw key", raw(1), "KEY_WRONG"],
    ],
  ],
]

// A passphrase takes its time, on purpose: each database is made once, and looked at after each stranger.
describe.each(owned)("a database of a %s", (_, right, strangers) => {
  const held = { name: "", before: "" }
  beforeAll(async () => {
    held.name = await create(right)
    held.before = await fingerprint(`fp/${held.name}`)
  })
  test.each(strangers)("opened with %s", async (...[, wrong, code]) => {
    expect(await open(held.name, wrong)).toBe(code)
    expect(await open(held.name, wrong), "the second time too").toBe(code)
    expect(await fingerprint(`fp/${held.name}`), "nothing was created or written").toBe(held.before)
  })
  test("opens with its own, whoever came before", async () => {
    expect(await open(held.name, right)).toBe("kept")
  })
})

test.each([
  ["no passphrase", words(undefined)],
  ["an empty passphrase", words("")],
  ["a dialog that was closed", broken],
] as const)("a database that is not there, opened with %s, is not created", async (_, source) => {
  const name = crypto.randomUUID()
  const before = await fingerprint(`fp/${name}`)
  expect(await open(name, source)).toBe("KEY_MISSING")
  expect(await databaseNames()).not.toContain(`fp/${name}`)
  expect(await fingerprint(`fp/${name}`), "nothing was created or written").toBe(before)
  expect(await open(name, words("now"))).toBe(undefined)
})

test("a write with a wrong key is refused with the same code, and stores nothing", async () => {
  const name = await create(raw(1))
  const before = await fingerprint(`fp/${name}`)
  const db = fixpoint(name, { keys: raw(2) })
  await expect(db.put({ _id: "b", text: "stranger" })).rejects.toMatchObject({ code: "KEY_WRONG" })
  await expect(db.putMany([{ _id: "b" }])).rejects.toMatchObject({ code: "KEY_WRONG" })
  await expect(db.get("a")).rejects.toMatchObject({ code: "KEY_WRONG" })
  await expect(db.where({}).all()).rejects.toMatchObject({ code: "KEY_WRONG" })
  await db.close()
  expect(await fingerprint(`fp/${name}`)).toBe(before)
})

test("two handles of one page, one with the right key and one with a wrong one, do not share an engine", async () => {
  const name = await create(raw(1))
  const right = fixpoint(name, { keys: raw(1) })
  await right.ready()
  expect(await open(name, raw(2))).toBe("KEY_WRONG")
  expect(await right.get("a")).toMatchObject({ text: "kept" })
  await right.close()
})
