/** Rules on what code may reach and throw: banned globals, errors, console, `any`. Owns the list of adapter files. */
import ts from "typescript-ast"
import { isPublished, isSource, type Module, place, type Rule, type Tree, walk } from "../source.ts"

/** The only files that may touch the platform: store adapters in core; hosts and composition roots in fixpoint; the web in gateways. */
export const adapters: readonly RegExp[] = [
  /^packages\/core\/src\/lsm\/(idb|fs)-store\.ts$/,
  /^packages\/fixpoint\/src\/([^/]+\/)*([a-z-]+-host|host|edge|worker-default|index)\.ts$/,
  /^packages\/gateways\/src\/web-effects\.ts$/,
]

/** Globals that core reaches through its Host or its Store, never by name. */
export const bannedGlobals: readonly string[] = [
  "performance",
  "crypto",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
  "fetch",
  "indexedDB",
  "navigator",
  "localStorage",
  "sessionStorage",
  "caches",
  "BroadcastChannel",
  "process",
  "window",
  "document",
  "self",
]

/** Names that the module itself declares, and which therefore are not globals in it. */
function declared(ast: ts.SourceFile): Set<string> {
  const names = new Set<string>()
  walk(ast, (node) => {
    const name = (node as { name?: ts.Node }).name
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node)
    if (declares && name && ts.isIdentifier(name)) names.add(name.text)
  })
  return names
}

/** Whether an identifier reads a variable: not a property, a key, a type or a declared name. */
function isRead(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false
  if (ts.isShorthandPropertyAssignment(parent)) return true
  return (parent as { name?: ts.Node }).name !== node && !ts.isTypeElement(parent)
}

const isGlobalThis = (node: ts.Node) => ts.isIdentifier(node) && node.text === "globalThis"
const isProperty = (node: ts.Node, object: string, name: string) =>
  ts.isPropertyAccessExpression(node) && node.expression.getText() === object && node.name.text === name

/** The clock and the dice, which no file outside of the adapters may touch. */
function isUnseeded(node: ts.Node): boolean {
  if (isProperty(node, "Date", "now") || isProperty(node, "Math", "random")) return true
  const bareDate = ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length
  return bareDate
}

function effectsOf(module: Module): ts.Node[] {
  const own = declared(module.ast)
  const found: ts.Node[] = []
  walk(module.ast, (node) => {
    const named = ts.isIdentifier(node) && bannedGlobals.includes(node.text) && !own.has(node.text) && isRead(node)
    const dug =
      ts.isPropertyAccessExpression(node) && isGlobalThis(node.expression) && bannedGlobals.includes(node.name.text)
    if (named || dug || isUnseeded(node)) found.push(node)
  })
  return found
}

const isAdapter = (path: string) => adapters.some((pattern) => pattern.test(path))

const noGlobals: Rule = {
  name: "core reaches the platform through its seams alone",
  check: (tree) =>
    tree.modules
      .filter(({ path }) => path.startsWith("packages/core/") && isSource(path) && !isAdapter(path))
      .flatMap((module) => effectsOf(module).map((node) => `${place(module, node)} ${node.getText(module.ast)}`)),
  bad: [
    "Date.now()",
    "new Date()",
    "Math.random()",
    "performance.now()",
    "globalThis.crypto",
    "setTimeout(f, 1)",
    "await fetch(u)",
    "const db = indexedDB",
    "f(navigator)",
    "({ caches })",
    "process.env.A",
    "[localStorage]",
  ].map((code) => ({ "packages/core/src/db/a.ts": code })),
  good: [
    { "packages/core/src/lsm/idb-store.ts": "indexedDB.open(name)" },
    { "packages/core/src/db/a.ts": "const f = ({ crypto }: Host) => crypto.random(new Date(5))" },
    {
      "packages/core/src/db/a.ts":
        "interface A { fetch(): void; process: 1 }\nhost.crypto.digest()\nconst b = { caches: 1 }",
    },
    { "packages/core/src/db/a.test.ts": "Date.now()" },
  ],
}

const seededOnly: Rule = {
  name: "clock and dice come from the Host",
  check: (tree) =>
    tree.modules
      .filter(({ path }) => isPublished(path) && !isAdapter(path))
      .flatMap((module) => {
        const found: string[] = []
        walk(module.ast, (node) => {
          if (isUnseeded(node)) found.push(`${place(module, node)} ${node.getText(module.ast)}`)
        })
        return found
      }),
  bad: [{ "packages/fixpoint/src/a.ts": "Date.now()" }, { "packages/testkit/src/a.ts": "Math.random()" }],
  good: [{ "packages/fixpoint/src/browser-host.ts": "Date.now()" }],
}

/** One rule from a test on nodes. */
function nodeRule(name: string, where: (path: string) => boolean, test: (node: ts.Node, module: Module) => boolean) {
  return (tree: Tree): string[] =>
    tree.modules
      .filter(({ path }) => where(path))
      .flatMap((module) => {
        const found: string[] = []
        walk(module.ast, (node) => {
          if (test(node, module)) found.push(`${place(module, node)} ${name}`)
        })
        return found
      })
}

const builtInErrors = /^(Error|TypeError|RangeError|SyntaxError|AggregateError|DOMException)$/
const isProduct = (path: string) => isSource(path) && /^packages\/(core|fixpoint)\//.test(path)

const codedErrors: Rule = {
  name: "errors are FixpointErrors",
  check: nodeRule("makes an error without a code", isProduct, (node) => {
    return (ts.isNewExpression(node) || ts.isCallExpression(node)) && builtInErrors.test(node.expression.getText())
  }),
  bad: [
    { "packages/core/src/a.ts": 'throw new Error("no")' },
    { "packages/fixpoint/src/a.ts": "Promise.reject(TypeError())" },
  ],
  good: [
    {
      "packages/core/src/a.ts": 'throw new FixpointError("CLOSED")',
      "packages/core/src/a.test.ts": 'throw new Error("no")',
    },
  ],
}

const noEmptyCatch: Rule = {
  name: "no empty catch",
  check: nodeRule("swallows a failure", isSource, (node) => {
    if (ts.isCatchClause(node)) return node.block.statements.length === 0
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false
    const [handler] = node.arguments
    if (node.expression.name.text !== "catch" || !handler || !ts.isArrowFunction(handler)) return false
    return ts.isBlock(handler.body) && handler.body.statements.length === 0
  }),
  bad: [
    { "packages/core/src/a.ts": "try { a() } catch {}" },
    { "packages/core/src/a.ts": "try { a() } catch { /* Harmless. */ }" },
    { "packages/core/src/a.ts": "a().catch(() => {})" },
  ],
  good: [{ "packages/core/src/a.ts": "try { a() } catch { return false }" }],
}

const consoleFiles = /^packages\/fixpoint\/src\/([^/]+\/)*(log-sink|[a-z-]+-host|host)\.ts$/

const noConsole: Rule = {
  name: "only the log's sink writes to the console",
  check: nodeRule(
    "writes to the console",
    (path) => isPublished(path) && !consoleFiles.test(path),
    (node) => {
      return ts.isIdentifier(node) && node.text === "console" && isRead(node)
    },
  ),
  bad: [{ "packages/core/src/a.ts": "console.log(1)" }, { "packages/testkit/src/a.ts": "const { log } = console" }],
  good: [{ "packages/fixpoint/src/log-sink.ts": "console.log(1)" }],
}

const noAny: Rule = {
  name: "no any",
  check: nodeRule(
    "is any",
    () => true,
    (node) => node.kind === ts.SyntaxKind.AnyKeyword,
  ),
  bad: [{ "packages/core/src/a.ts": "const a = b as any" }, { "test/a.test.ts": "let a: any[]" }],
  good: [{ "packages/core/src/a.ts": "const any = a.any" }],
}

const suppressed = /@ts-(ignore|nocheck)|@ts-expect-error\s*$|(oxlint|eslint)-disable(?!.*--)|biome-ignore(?!.*: )/m

const noSuppressions: Rule = {
  name: "a silenced check says why",
  check: (tree) =>
    tree.modules
      .filter(({ path, text }) => suppressed.test(text) && !path.startsWith("test/tidy/"))
      .map(({ path }) => path),
  bad: [
    { "packages/core/src/a.ts": "// @ts-ignore" },
    { "packages/core/src/a.ts": "// oxlint-disable-next-line no-var" },
  ],
  good: [{ "packages/core/src/a.ts": "// @ts-expect-error: the type of idb lacks durability" }],
}

const waivedTests: Rule = {
  name: "no test runs alone, and none is left out without a reason",
  check: nodeRule(
    "is .only, or .skip or .todo without a reason",
    (path) => path.endsWith(".test.ts"),
    (node, module) => {
      if (!ts.isPropertyAccessExpression(node) || !/^(test|it|describe)$/.test(node.expression.getText(module.ast)))
        return false
      if (node.name.text === "only") return true
      const line = module.ast.getLineAndCharacterOfPosition(node.getStart(module.ast)).line
      const above = module.text.split("\n")[line - 1] ?? ""
      return ["skip", "todo"].includes(node.name.text) && !above.includes("//")
    },
  ),
  bad: [{ "test/a.test.ts": 'test.only("a", () => {})' }, { "test/a.test.ts": 'describe.skip("a", () => {})' }],
  good: [
    {
      "test/a.test.ts":
        'test.skipIf(!find("webkit"))("a", () => {})\n// WebKit has none of this.\ntest.skip("b", () => {})',
    },
  ],
}

export const effectRules: Rule[] = [
  noGlobals,
  seededOnly,
  codedErrors,
  noEmptyCatch,
  noConsole,
  noAny,
  noSuppressions,
  waivedTests,
]
