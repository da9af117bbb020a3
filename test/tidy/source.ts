/**
 * What the house rules look at: the files of the checkout, parsed once.
 * Invariant: a rule sees a Tree and nothing else, so that its own tests can hand it a made-up one.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript-ast"

/** Folder of the checkout. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** One import, export-from, dynamic import or worker URL of a module. */
export interface Import {
  readonly from: string
  /** Path in the tree that a relative specifier names. */
  readonly path: string | undefined
  readonly typeOnly: boolean
  readonly line: number
}

/** A parsed TypeScript file. */
export interface Module {
  readonly path: string
  readonly text: string
  readonly ast: ts.SourceFile
  readonly imports: readonly Import[]
}

/** All files by path, and the TypeScript among them. */
export interface Tree {
  readonly texts: ReadonlyMap<string, string>
  readonly modules: readonly Module[]
}

/** A rule gives a line for each place that breaks it. */
export interface Rule {
  readonly name: string
  check(tree: Tree): string[]
  /** Trees that break the rule, and trees that keep it: the tests of the rule itself. */
  readonly bad: readonly Record<string, string>[]
  readonly good: readonly Record<string, string>[]
}

/** Where in a file a node stands, for messages. */
export function place(module: Module, node: ts.Node): string {
  return `${module.path}:${lineOf(module.ast, node.getStart(module.ast))}`
}

const lineOf = (ast: ts.SourceFile, position: number) => ast.getLineAndCharacterOfPosition(position).line + 1

/** Calls `visit` on every node below `node`. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  ts.forEachChild(node, (child) => {
    visit(child)
    walk(child, visit)
  })
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const clause = node.importClause
  if (!clause) return false
  if (clause.isTypeOnly) return true
  const { name, namedBindings } = clause
  return (
    !name && !!namedBindings && ts.isNamedImports(namedBindings) && namedBindings.elements.every((e) => e.isTypeOnly)
  )
}

/** The specifier that a node imports, if it imports one. */
function specifier(node: ts.Node): { from: string; typeOnly: boolean } | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
    return { from: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly: isTypeOnly(node) }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
    return { from: node.argument.literal.text, typeOnly: true }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments
    return argument && ts.isStringLiteral(argument) ? { from: argument.text, typeOnly: false } : undefined
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "URL") {
    const [argument] = node.arguments ?? []
    if (argument && ts.isStringLiteral(argument) && /^\.\.?\/.*\.[jt]s$/.test(argument.text))
      return { from: argument.text, typeOnly: false }
  }
  return undefined
}

function importsOf(path: string, ast: ts.SourceFile): Import[] {
  const found: Import[] = []
  walk(ast, (node) => {
    const one = specifier(node)
    if (!one) return
    const target = one.from.startsWith(".")
      ? posix.join(posix.dirname(path), one.from.replace(/\.js$/, ".ts"))
      : undefined
    found.push({ ...one, path: target, line: lineOf(ast, node.getStart(ast)) })
  })
  return found
}

/** A tree from texts by path. */
export function treeOf(texts: Record<string, string> | ReadonlyMap<string, string>): Tree {
  const all = texts instanceof Map ? texts : new Map(Object.entries(texts))
  const modules = [...all].flatMap(([path, text]) => {
    if (!/\.tsx?$/.test(path) || path.endsWith(".d.ts")) return []
    const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
    return [{ path, text, ast, imports: importsOf(path, ast) }]
  })
  return { texts: all, modules }
}

function list(): string[] {
  try {
    const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\0")
  } catch {
    const skipped = /(^|\/)(node_modules|dist|\.git|\.cache)(\/|$)/
    return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => !skipped.test(path))
  }
}

/** The checkout: what git knows or would take, without binary files. */
export function readTree(): Tree {
  const texts = new Map<string, string>()
  for (const path of list().filter(Boolean).sort()) {
    const file = join(root, path)
    if (!existsSync(file) || !statSync(file).isFile() || statSync(file).size > 2_000_000) continue
    const bytes = readFileSync(file)
    if (!bytes.subarray(0, 8_000).includes(0)) texts.set(path, bytes.toString("utf8"))
  }
  return treeOf(texts)
}

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path)
/** Source of a package, without its tests. */
export const isSource = (path: string): boolean => /^packages\/[^/]+\/src\//.test(path) && !isTest(path)
/** Source that users run: the published packages except the testkit. */
export const isProduct = (path: string): boolean => isSource(path) && !/^packages\/(demo|testkit)\//.test(path)
/** Source that others install. */
export const isPublished = (path: string): boolean => isSource(path) && !path.startsWith("packages/demo/")
