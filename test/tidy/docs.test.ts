// The documents say what the code does: generated pages are current, examples compile, the first one runs.
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import ts from "typescript-ast"
import { bundleForNode, complaints, programs } from "./fences.ts"
import { root } from "./source.ts"

const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "")
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: ["node"],
}

test("docs/errors.md is what its generator gives", () => {
  const { stdout, status } = spawnSync(process.execPath, ["scripts/generate-docs.mjs"], { cwd: root, encoding: "utf8" })
  expect({ stdout, status }).toEqual({ stdout: "", status: 0 })
})

test("the examples of a page become programs", () => {
  const page = '```ts\nimport { a } from "a"\n```\ntext\n```ts\na()\n```\n```sh\nls\n```\n'
  expect(programs(page)).toEqual(['import { a } from "a"\n', 'import { a } from "a"\n\na()\n'])
})

test("an example that does not compile is noticed", () => {
  const folder = join(root, "test")
  expect(complaints(["const a: string = 1"], folder, options)).toHaveLength(1)
  expect(complaints(["const a: number = 1"], folder, options)).toEqual([])
}, 60_000)

test("the README has examples and they compile", () => {
  const examples = programs(read("README.md"))
  expect(examples.length).toBeGreaterThan(0)
  expect(complaints(examples, join(root, "test"), options)).toEqual([])
}, 60_000)

test("the README's first example runs", async () => {
  const [example = ""] = programs(read("README.md"))
  const folder = mkdtempSync(join(tmpdir(), "fixpoint-readme-"))
  try {
    writeFileSync(join(folder, "example.mjs"), await bundleForNode(example, join(root, "test")))
    const { stdout, status } = spawnSync(process.execPath, ["example.mjs"], {
      cwd: folder,
      encoding: "utf8",
      timeout: 20_000,
      env: { ...process.env, HOME: folder },
    })
    expect(status).toBe(0)
    expect(stdout).toContain("Buy milk")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
