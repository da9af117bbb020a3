// Every house rule twice: it fires on its bad samples and on none of its good ones, and it holds for the checkout.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { checkoutRules } from "./rules/checkout.ts"
import { bannedGlobals, effectRules } from "./rules/effects.ts"
import { folders, importRules } from "./rules/imports.ts"
import { shapeRules } from "./rules/shape.ts"
import { readTree, root, treeOf } from "./source.ts"

const rules = [...importRules, ...shapeRules, ...effectRules, ...checkoutRules]
const named = rules.map((rule) => [rule.name, rule] as const)
const tree = readTree()

describe("the checkout", () => {
  test("is read", () => {
    expect(tree.texts.has("test/tidy/rules.test.ts")).toBe(true)
  })
  test.each(named)("%s", (_, rule) => {
    expect(rule.check(tree)).toEqual([])
  })
})

describe("the rules", () => {
  test.each(named)("fires on what breaks it: %s", (_, rule) => {
    expect(rule.bad.length).toBeGreaterThan(0)
    for (const sample of rule.bad) expect(rule.check(treeOf(sample)), JSON.stringify(sample)).not.toEqual([])
  })
  test.each(named)("lets pass what keeps it: %s", (_, rule) => {
    expect(rule.good.length).toBeGreaterThan(0)
    for (const sample of rule.good) expect(rule.check(treeOf(sample)), JSON.stringify(sample)).toEqual([])
  })
})

test("the linter bans the same globals in core", () => {
  const { overrides } = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8"))
  const [, ...names] = overrides[0].rules["no-restricted-globals"]
  expect(names).toEqual(bannedGlobals)
})

test("ARCHITECTURE.md has the layers that are held", () => {
  const rows = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").matchAll(/^\| `(\w+)` \|.*\| ([^|]+) \|$/gm)
  const told: Record<string, readonly string[]> = {}
  for (const [, folder = "", below = ""] of rows)
    told[folder] = below === "–" ? [] : below === "all above" ? Object.keys(told) : below.split(", ")
  expect(told).toEqual(folders)
})
