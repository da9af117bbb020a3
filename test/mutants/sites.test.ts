// The faults that can be drawn: what each operator makes of a little source, and that all of them can be put in.
// `npm run mutation-score` draws some and says how many our tests notice.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript-ast"
import { describe, expect, test } from "vitest"
import { changed } from "./mutation.ts"
import { draw, sitesIn } from "./sample.ts"
import { sitesOf } from "./sites.ts"

const all = (source: string) =>
  sitesOf(source).map(({ start, end, text }) => source.slice(0, start) + text + source.slice(end))
const readSource = (file: string) => readFileSync(join(import.meta.dirname, "../..", file), "utf8")
const at = { file: "packages/core/src/a.ts", line: 1 }
const modules = ["crdt", "codec", "lsm", "sync"]

describe("operators", () => {
  test.each([
    ["a bound", "x = a < b", ["x = a <= b", ";"]],
    ["an equality", "f(a === b)", ["f(a !== b)", ";"]],
    ["and, or", "const x = a && b || c", ["const x = a && b && c", "const x = a || b || c"]],
    ["a sum", "const x = a + b", ["const x = a - b"]],
    ["a sum of texts", 'const x = a + "b"', []],
    ["a small number", "const x = 1, y = 4096", ["const x = 2, y = 4096"]],
    ["a truth value", "const x = true", ["const x = false"]],
    ["what stands in for nothing", "const x = a ?? b", ["const x = (a)"]],
    ["a negation", "const x = !a", ["const x = (a)"]],
    ["a condition", "const x = a ? b : c", ["const x = !(a) ? b : c"]],
    ["a condition that is an equality, once", "const x = a === b ? c : d", ["const x = a !== b ? c : d"]],
    ["a call that stands alone", "await f()", [";"]],
    ["an early end", "for (;;) { if (a) continue }", ["for (;;) { ; }", "for (;;) { if (!(a)) continue }"]],
    ["a refusal", "if (a) { throw b }", [";", "if (!(a)) { throw b }"]],
    ["a choice of two ways", "if (a) throw b; else throw c", ["if (!(a)) throw b; else throw c"]],
  ])("%s", (_, source, faults) => {
    expect(all(source).sort()).toEqual(faults.sort())
  })

  test.each([
    ["types", "const x: 1 = y as 2; interface A { b: true }; type C = 3"],
    ["invariants", 'invariant(a < 1, "b")'],
    ["what is logged", 'log.debug("a", { b: c + 1 })'],
    ["words of errors", 'const e = new FixpointError("INTERNAL", a + b, { details: 1 })'],
    ["what is imported and exported", 'import a from "b"; export { c } from "d"'],
  ])("leave out %s", (_, source) => {
    expect(all(source)).toEqual([])
  })
})

describe("a sample", () => {
  test("is that of its seed, and the beginning of a larger one", () => {
    const sites = sitesIn("codec")
    expect(draw(sites, 20, 7)).toEqual(draw(sites, 20, 7))
    expect(draw(sites, 10, 7)).toEqual(draw(sites, 20, 7).slice(0, 10))
    expect(draw(sites, 20, 8)).not.toEqual(draw(sites, 20, 7))
    expect(new Set(draw(sites, 100_000, 1))).toEqual(new Set(sites))
  })

  test.each(modules)("of %s parses wherever it is put in, and says what stood there", (module) => {
    const sources = new Map(sitesIn(module).map(({ file }) => [file, readSource(file)]))
    for (const site of draw(sitesIn(module), 40, 1)) {
      const fault = changed(site, sources.get(site.file) ?? "")
      const { diagnostics = [] } = ts.transpileModule(fault, { reportDiagnostics: true })
      expect(
        diagnostics.map(({ messageText }) => messageText),
        `${site.file}:${site.line} ${site.text}`,
      ).toEqual([])
    }
  })

  test("does not go into a source that has changed", () => {
    const site = { ...at, start: 0, end: 1, was: "a", text: "b" }
    expect(changed(site, "a")).toBe("b")
    expect(() => changed(site, "c")).toThrow("does not fit")
  })
})
