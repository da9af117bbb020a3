/** Rules on the shape of files: size, names, comments, documentation. */
import ts from "typescript-ast"
import { isPublished, isSource, isTest, type Module, place, type Rule, type Tree, walk } from "../source.ts"

const fileLinesMax = 400
const testLinesMax = 600
const functionLinesMax = 70
const parametersMax = 4

/** Numbers of the lines that hold code: neither blank nor only comment. */
function codeLines(ast: ts.SourceFile): Set<number> {
  const lines = new Set<number>()
  const add = (start: number, end: number) => {
    const first = ast.getLineAndCharacterOfPosition(start).line
    const last = ast.getLineAndCharacterOfPosition(end).line
    for (let line = first; line <= last; line++) lines.add(line)
  }
  walk(ast, (node) => {
    if (ts.isJSDoc(node) || node.getChildCount(ast) > 0) return
    if (node.end > node.getStart(ast)) add(node.getStart(ast), node.end)
  })
  walk(ast, (node) => {
    for (const token of node.getChildren(ast)) if (ts.isToken(token)) add(token.getStart(ast), token.end)
  })
  return lines
}

const repeat = (count: number, line: string) =>
  Array.from({ length: count }, (_, i) => line.replaceAll("#", `${i}`)).join("\n")

const fileSize: Rule = {
  name: `a file has at most ${fileLinesMax} lines of code, a test file ${testLinesMax}`,
  check: (tree) =>
    tree.modules.flatMap(({ path, ast }) => {
      const size = codeLines(ast).size
      return size > (isTest(path) ? testLinesMax : fileLinesMax) ? [`${path} has ${size}`] : []
    }),
  bad: [{ "packages/core/src/a.ts": repeat(fileLinesMax + 1, "export const a# = 1") }],
  good: [
    {
      "packages/core/src/a.ts": `${repeat(fileLinesMax, "// A note.")}\n${repeat(fileLinesMax, "export const a# = 1")}`,
    },
  ],
}

type WithBody =
  | ts.FunctionDeclaration
  | ts.MethodDeclaration
  | ts.ArrowFunction
  | ts.FunctionExpression
  | ts.ConstructorDeclaration
const isFunction = (node: ts.Node): node is WithBody =>
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isArrowFunction(node) ||
  ts.isFunctionExpression(node) ||
  ts.isConstructorDeclaration(node)

const functionSize: Rule = {
  name: `a function has at most ${functionLinesMax} lines of code`,
  check: (tree) =>
    tree.modules
      .filter(({ path }) => !isTest(path))
      .flatMap((module) => {
        const lines = codeLines(module.ast)
        const found: string[] = []
        walk(module.ast, (node) => {
          if (!isFunction(node) || !node.body) return
          const first = module.ast.getLineAndCharacterOfPosition(node.getStart(module.ast)).line
          const last = module.ast.getLineAndCharacterOfPosition(node.end).line
          let size = 0
          for (let line = first; line <= last; line++) if (lines.has(line)) size += 1
          if (size > functionLinesMax) found.push(`${place(module, node)} has ${size}`)
        })
        return found
      }),
  bad: [{ "packages/core/src/a.ts": `function a() {\n${repeat(functionLinesMax, "f(#)")}\n}` }],
  good: [{ "packages/core/src/a.ts": `function a() {\n${repeat(functionLinesMax, "// A note.")}\n}` }],
}

const parameters: Rule = {
  name: `a function takes at most ${parametersMax} positional parameters`,
  check: (tree) =>
    tree.modules.flatMap((module) => {
      const found: string[] = []
      walk(module.ast, (node) => {
        const list = (node as Partial<ts.SignatureDeclaration>).parameters
        if (
          ts.isFunctionLike(node) &&
          list &&
          list.filter((p) => p.name.getText(module.ast) !== "this").length > parametersMax
        )
          found.push(place(module, node))
      })
      return found
    }),
  bad: [
    { "packages/core/src/a.ts": "function a(b, c, d, e, f) {}" },
    { "packages/core/src/a.ts": "interface A { b(c: 1, d: 1, e: 1, f: 1, g: 1): void }" },
  ],
  good: [{ "packages/core/src/a.ts": "const a = (b, c, d, { e, f }) => b" }],
}

const vague = /(^|[-/])(utils?|helpers?|managers?|common|impl|misc|base-[^/]*)([-./]|$)/

const names: Rule = {
  name: "files have kebab-case names that say what is inside",
  check: (tree) =>
    [...tree.texts.keys()]
      .filter((path) => /^(packages|test|benchmarks|scripts)\/.*\.(tsx?|mjs)$/.test(path))
      .filter((path) => {
        const kebab = path.split("/").every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(part))
        return !kebab || vague.test(path)
      }),
  bad: [
    { "packages/core/src/lsm/idbStore.ts": "" },
    { "packages/core/src/base/string-utils.ts": "" },
    { "packages/core/src/common/a.ts": "" },
    { "packages/core/src/helpers.ts": "" },
  ],
  good: [{ "packages/core/src/lsm/idb-store.test.ts": "", "test/tidy/source.ts": "" }],
}

const kinds = ["browser", "crash", "dom", "edge", "every", "product", "remote", "seeds"]
const testKinds: Rule = {
  name: "a test file's name says where it runs",
  check: (tree) =>
    tree.modules
      .filter(({ path }) => isTest(path))
      .flatMap(({ path }) => {
        const kind = /\.([^./]+)\.test\.tsx?$/.exec(path)?.[1]
        return kind && !kinds.includes(kind) ? [`${path}: ${kind} is none of ${kinds.join(", ")}`] : []
      }),
  bad: [{ "packages/core/src/a.chrome.test.ts": "" }],
  good: [{ "packages/core/src/a.every.test.ts": "", "packages/core/src/a.test.ts": "" }],
}

const headComment: Rule = {
  name: "every source file begins with a comment that says what it owns",
  check: (tree) =>
    [...tree.texts].flatMap(([path, text]) => {
      const isCode =
        /^(packages\/[^/]+\/(src|[^/]+\.mjs$)|test|benchmarks|scripts)/.test(path) && /\.(tsx?|mjs)$/.test(path)
      if (!isCode || isTest(path)) return []
      const head = /^(?:#![^\n]*\n)?(\/\*\*?[\s\S]*?\*\/|(?:\/\/[^\n]*\n)+)/.exec(text)?.[1] ?? ""
      return head.replaceAll(/[/*\s]/g, "").length < 20 ? [path] : []
    }),
  bad: [
    { "packages/core/src/a.ts": "export const a = 1" },
    { "packages/core/src/a.ts": "// a\nexport const a = 1" },
    { "scripts/a.mjs": "" },
  ],
  good: [
    {
      "packages/core/src/a.ts": "/** The letter a, which is the first of many. */\nexport {}",
      "packages/core/src/a.test.ts": "",
    },
  ],
}

const hasDoc = (node: ts.Node) =>
  ts.getJSDocCommentsAndTags(node).some((part) => ts.isJSDoc(part) && part.comment !== undefined)

function isExported(node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

const documented: Rule = {
  name: "every exported declaration is documented",
  check: (tree) =>
    tree.modules
      .filter(({ path }) => isPublished(path))
      .flatMap((module) => {
        const told = new Set<string>()
        return module.ast.statements.filter(isExported).flatMap((node) => {
          const name = (node as { name?: ts.Identifier }).name?.text ?? ""
          if (hasDoc(node)) told.add(name)
          return hasDoc(node) || (name && told.has(name)) ? [] : [`${place(module, node)} ${name}`.trim()]
        })
      }),
  bad: [
    { "packages/core/src/a.ts": "export const a = 1" },
    { "packages/core/src/a.ts": "// Not a doc comment.\nexport function a() {}" },
    { "packages/core/src/a.ts": "/** */\nexport interface A {}" },
  ],
  good: [
    { "packages/core/src/a.ts": "/** Head. */\n\n/** One. */\nexport const a = 1\nconst b = 2" },
    { "packages/core/src/a.ts": "/** Both. */\nexport function a(b: 1): 1\nexport function a(b: 2): 2" },
  ],
}

/** Line comments of a module, neighbours joined. */
function lineComments(module: Module): { line: number; text: string }[] {
  const found: { line: number; end: number; text: string }[] = []
  const lines = module.text.split("\n")
  for (const [index, line] of lines.entries()) {
    const text = /^\s*\/\/ ?(.*)$/.exec(line)?.[1] ?? /\s\/\/ (.*)$/.exec(line)?.[1]
    if (text === undefined) continue
    const last = found.at(-1)
    if (last && last.end === index - 1 && /^\s*\/\//.test(line)) {
      last.end = index
      last.text += `\n${text}`
    } else found.push({ line: index + 1, end: index, text })
  }
  return found
}

/** Whether a statement is one that prose does not parse as by chance. */
function isSurelyCode(node: ts.Statement): boolean {
  if (ts.isVariableStatement(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true
  if (ts.isIfStatement(node) || ts.isForOfStatement(node) || ts.isForStatement(node) || ts.isTryStatement(node))
    return true
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isThrowStatement(node)) return true
  if (ts.isReturnStatement(node)) return !!node.expression && !ts.isIdentifier(node.expression)
  if (!ts.isExpressionStatement(node)) return false
  const { expression } = node
  if (ts.isAwaitExpression(expression) || ts.isCallExpression(expression)) return true
  return (
    ts.isBinaryExpression(expression) &&
    ts.isPropertyAccessExpression(expression.left) &&
    expression.operatorToken.getText() === "="
  )
}

function isCode(text: string): boolean {
  const ast = ts.createSourceFile("comment.ts", text, ts.ScriptTarget.ES2022, true)
  const errors = (ast as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics
  return errors.length === 0 && ast.statements.some(isSurelyCode)
}

const noDeadCode: Rule = {
  name: "no code is kept as a comment",
  check: (tree) =>
    tree.modules.flatMap((module) =>
      lineComments(module)
        .filter(
          ({ text }) =>
            isCode(text) ||
            text.split("\n").some((line) => /[;{]$/.test(line.trim()) && isCode(line.replace(/\{$/, "{}"))),
        )
        .map(({ line, text }) => `${module.path}:${line} ${text.split("\n")[0]}`),
    ),
  bad: [
    { "packages/core/src/a.ts": "// const a = 1" },
    { "packages/core/src/a.ts": "// if (a) {\n//   b()\n// }" },
    { "packages/core/src/a.ts": "f() // await g()" },
    { "packages/core/src/a.ts": "// store.put(a);" },
  ],
  good: [
    { "packages/core/src/a.ts": "// Nothing is lost: the log has it, and a + b = c.\n// See INV-3 (engine.ts)." },
    { "packages/core/src/a.ts": 'const a = "https://example.org/const"\n// hlc = max(last + 1, now)' },
  ],
}

const noLeftovers: Rule = {
  name: "nothing is left to do in a comment",
  check: (tree) =>
    [...tree.texts].flatMap(([path, text]) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          leftover.test(line) && !path.startsWith("test/tidy/") ? [`${path}:${index + 1}`] : [],
        ),
    ),
  bad: [{ "packages/core/src/a.ts": "// TODO later" }, { "docs/a.md": "FIXME: unclear" }],
  good: [{ "packages/demo/src/todos.ts": "const todos = []" }],
}
const leftover = /\b(TODO|FIXME|XXX|HACK)\b/

const onlySource = (tree: Tree) => tree.modules.filter(({ path }) => isSource(path))

const noModuleState: Rule = {
  name: "no module-level let",
  check: (tree) =>
    onlySource(tree).flatMap((module) =>
      module.ast.statements
        .filter((node) => ts.isVariableStatement(node) && !(node.declarationList.flags & ts.NodeFlags.Const))
        .map((node) => place(module, node)),
    ),
  bad: [{ "packages/core/src/a.ts": "let count = 0" }, { "packages/core/src/a.ts": "export var count = 0" }],
  good: [{ "packages/core/src/a.ts": "const a = () => { let b = 0; return b }" }],
}

export const shapeRules: Rule[] = [
  fileSize,
  functionSize,
  parameters,
  names,
  testKinds,
  headComment,
  documented,
  noDeadCode,
  noLeftovers,
  noModuleState,
]
