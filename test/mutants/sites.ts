/**
 * Places of a source where a fault can be put in. Owns: the operators, each a small change that a slip could make too.
 * Invariant: each site by itself leaves a source that parses. Left out is what decides nothing: types, what is logged, the words of
 * errors, and invariants, whose failure no test can bring about.
 * Must not know which sites are drawn, nor which tests look at them.
 */
import ts from "typescript-ast"

/** A fault to be put in: what stands from `start` to `end` of its source is replaced. */
export interface Site {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Operators that are taken for each other. */
const swapped = new Map([
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["===", "!=="],
  ["!==", "==="],
  ["&&", "||"],
  ["||", "&&"],
  ["+", "-"],
  ["-", "+"],
])
/** Larger numbers are limits and masks, which differ by one in nothing that is seen. */
const smallMax = 64
const logged = new Set(["debug", "info", "warn", "error"])

/** All sites of a source, in the order of their beginnings. */
export function sitesOf(source: string): Site[] {
  const ast = ts.createSourceFile("source.ts", source, ts.ScriptTarget.ES2022, true)
  const sites: Site[] = []
  const replace = (node: ts.Node, text: string) => sites.push({ start: node.getStart(ast), end: node.end, text })
  const visit = (node: ts.Node): void => {
    if (decidesNothing(node)) return
    for (const text of replacements(node)) replace(node, text)
    if (ts.isNewExpression(node) && node.expression.getText(ast).endsWith("Error")) {
      // The code of an error is part of the interface, its words are not.
      const [code] = node.arguments ?? []
      if (code !== undefined) visit(code)
    } else ts.forEachChild(node, visit)
  }
  visit(ast)
  return sites.sort((a, b) => a.start - b.start || a.end - b.end)
}

function decidesNothing(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true
  if (!ts.isCallExpression(node)) return false
  const { expression: callee } = node
  if (ts.isIdentifier(callee)) return callee.text === "invariant"
  return ts.isPropertyAccessExpression(callee) && logged.has(callee.name.text)
}

/** What can stand in the place of a node. */
function replacements(node: ts.Node): string[] {
  if (ts.isBinaryExpression(node)) return ofBinary(node)
  if (ts.isExpressionStatement(node)) return isDroppable(node.expression) ? [";"] : []
  if (ts.isIfStatement(node)) return isEarlyEnd(node) ? [";"] : []
  if (node.kind === ts.SyntaxKind.TrueKeyword) return ["false"]
  if (node.kind === ts.SyntaxKind.FalseKeyword) return ["true"]
  if (ts.isNumericLiteral(node)) return Number(node.text) <= smallMax ? [String(Number(node.text) + 1)] : []
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [`(${node.operand.getText()})`]
  return isCondition(node) ? [`!(${node.getText()})`] : []
}

function ofBinary(node: ts.BinaryExpression): string[] {
  const operator = node.operatorToken.getText()
  if (operator === "??") return [`(${node.left.getText()})`]
  const other = swapped.get(operator)
  const negated = isCondition(node) && !/^[!=]==$/.test(operator) ? [`!(${node.getText()})`] : []
  if (other === undefined || (operator === "+" && isText(node))) return negated
  const before = node.getText().slice(0, node.operatorToken.getStart() - node.getStart())
  const after = node.getText().slice(node.operatorToken.end - node.getStart())
  return [`${before}${other}${after}`, ...negated]
}

/** Text that is put together: less of it is no number, which is noticed wherever it is used at all. */
function isText({ left, right }: ts.BinaryExpression): boolean {
  return [left, right].some((side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side))
}

/** Whether something is done or not hangs on the node. A `!` there is a site of its own. */
function isCondition(node: ts.Node): boolean {
  const { parent } = node
  if (parent === undefined) return false
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent)) return parent.expression === node
  return ts.isConditionalExpression(parent) && parent.condition === node
}

/** A call or an assignment that stands alone. */
function isDroppable(expression: ts.Expression): boolean {
  if (ts.isAwaitExpression(expression)) return isDroppable(expression.expression)
  if (ts.isCallExpression(expression))
    return expression.expression.kind !== ts.SyntaxKind.SuperKeyword && !decidesNothing(expression)
  if (ts.isPostfixUnaryExpression(expression)) return true
  if (!ts.isBinaryExpression(expression)) return false
  const { kind } = expression.operatorToken
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment
}

/** An `if` that only ends its function or its turn of a loop, or refuses. */
function isEarlyEnd({ thenStatement, elseStatement }: ts.IfStatement): boolean {
  if (elseStatement !== undefined) return false
  const only =
    ts.isBlock(thenStatement) && thenStatement.statements.length === 1 ? thenStatement.statements[0] : thenStatement
  if (only === undefined) return false
  return [ts.isReturnStatement, ts.isThrowStatement, ts.isContinueStatement, ts.isBreakStatement].some((is) => is(only))
}
