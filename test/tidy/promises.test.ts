// docs/testing.md names tests by file and title: each file is there, and has that title.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { root } from "./source.ts"

interface Named {
  readonly path: string
  readonly title: string
}

/** Tests that a page names, as `path` › `title`. */
const namedIn = (page: string): Named[] =>
  [...page.matchAll(/`([^`\n]+\.ts)` › `([^`\n]+)`/g)].map(([, path = "", title = ""]) => ({ path, title }))

/** Those of them that are not there. */
const missing = (page: string): Named[] =>
  namedIn(page).filter(({ path, title }) => {
    const file = join(root, path)
    return !existsSync(file) || !readFileSync(file, "utf8").includes(title)
  })

const page = readFileSync(join(root, "docs/testing.md"), "utf8")
const promises = /## What is promised[\s\S]*?(?=\n## )/.exec(page)?.[0].split("\n") ?? []
const rows = promises.filter((line) => line.startsWith("| ") && !line.startsWith("| promise"))

test("every test that docs/testing.md names is there", () => {
  expect(namedIn(page).length).toBeGreaterThan(20)
  expect(missing(page)).toEqual([])
})

test("every promise has a test", () => {
  expect(rows.length).toBeGreaterThan(9)
  expect(rows.filter((row) => namedIn(row).length === 0)).toEqual([])
})

test("a test that went is noticed", () => {
  expect(missing("`test/tidy/promises.test.ts` › `every promise has a test`")).toEqual([])
  expect(missing("`test/tidy/gone.test.ts` › `x`")).toHaveLength(1)
  expect(missing(`\`test/tidy/docs.test.ts\` › \`${"no such title"}\``)).toHaveLength(1)
})
