// The faults that our tests must notice: each fits its source and names tests that are there, and a sample of them is put in.
// `npm run mutants` puts in all.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { mutants, mutated } from "./mutation.ts"

const root = join(import.meta.dirname, "../..")
const sample = ["clock-follows-wall", "rows-in-any-order"]

test("there are faults enough, each with a name of its own", () => {
  expect(mutants.length).toBeGreaterThanOrEqual(60)
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length)
})

test.each(mutants.map((mutant) => [mutant.id, mutant] as const))("%s fits its source, and has tests", (_, mutant) => {
  const source = readFileSync(join(root, mutant.file), "utf8")
  expect(mutated(mutant, source)).not.toBe(source)
  expect(mutant.tests.filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(mutant.tests.length).toBeGreaterThan(0)
})

test("a fault that does not fit is told", () => {
  const [mutant] = mutants as readonly [(typeof mutants)[number]]
  expect(() => mutated(mutant, "")).toThrow("does not fit")
})

describe("put in", () => {
  const run = (id: string) => spawnSync(process.execPath, ["scripts/mutants.mjs", id], { cwd: root, encoding: "utf8" })

  test.each(sample)("%s is noticed", { timeout: 300_000 }, (id) => {
    const { stdout, status } = run(id)
    expect(stdout).toContain("1 of 1 faults caught")
    expect(status).toBe(0)
  })

  test("a fault that nobody knows is no success", { timeout: 60_000 }, () => {
    expect(run("no-such-fault").status).toBe(1)
  })
})
