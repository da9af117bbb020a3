import { expect, test } from "vitest"
import { loaderOf, type PartFile, type PartHome } from "./part-files.ts"

const part: PartFile = { build: "b1", default: (shared, under) => ({ got: shared, under }) }

const here = "https://app.example/assets/worker.js"

/** A home whose imports are listed; each takes the next of `outcomes`. */
function home(...outcomes: (PartFile | Error)[]) {
  const asked: string[] = []
  const next = async (what: string) => {
    asked.push(what)
    const outcome = outcomes.shift() ?? new Error("nobody should ask again")
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  const made: PartHome = {
    here,
    build: "b1",
    shared: ["a value"],
    beside: (name) => next(`beside ${name}`),
    at: (address) => next(`at ${address}`),
  }
  return { asked, made }
}

test("a part that the bundler has moved is loaded from its address, and gets what the worker shares", async () => {
  const { asked, made } = home(part)
  const load = loaderOf("check", new URL("/assets/check-1f2e.js", here), made)
  expect(await load()).toEqual({ got: ["a value"] })
  expect(asked).toEqual(["at https://app.example/assets/check-1f2e.js"])
})

test("a part where it was built is imported by its name", async () => {
  const { asked, made } = home(part)
  await loaderOf("check", new URL("./parts/check.js?no-inline", here), made)()
  expect(asked).toEqual(["beside check"])
})

test("a part is found by its name where the bundle's own address is none that the network knows", async () => {
  const { asked, made } = home(part)
  const built = "file:///srv/app/node_modules/fixpoint/dist/worker.js"
  await loaderOf("check", new URL("https://app.example/1f2e.js?no-inline"), { ...made, here: built })()
  expect(asked).toEqual(["at https://app.example/1f2e.js?no-inline"])
})

test("an address that did not load is asked for as another one", async () => {
  const { asked, made } = home(new TypeError("Failed to fetch"), part)
  const load = loaderOf("check", new URL("/assets/check-1f2e.js", here), made)
  await expect(load()).rejects.toThrow("Failed to fetch")
  await load()
  expect(asked[1]).toBe("at https://app.example/assets/check-1f2e.js#2")
})

test("a part of another build is refused, as it would take one value for another", async () => {
  const { made } = home({ ...part, build: "b2" })
  await expect(loaderOf("check", new URL("/c.js", here), made)()).rejects.toMatchObject({
    code: "PART_UNAVAILABLE",
  })
})

test("a part gets what the part hands on that it stands on, and is not there without it", async () => {
  const { made } = home(part, part)
  const handed = [1]
  let fails = true
  const foundation = async () => {
    if (fails) throw new TypeError("Failed to fetch")
    return { handed }
  }
  const load = loaderOf("sync", new URL("./parts/sync.js", here), made, foundation)
  await expect(load()).rejects.toThrow("Failed to fetch")
  fails = false
  expect(await load()).toEqual({ got: ["a value"], under: handed })
})
