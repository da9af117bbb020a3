/** The TypeScript examples of a document, as programs that can be checked and run. */
import { build } from "esbuild"
import ts from "typescript-ast"

/** The programs of a page: a fence with an import begins one, a fence without goes on where the last one ended. */
export function programs(markdown: string): string[] {
  const fences = [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "")
  const found: string[] = []
  for (const fence of fences) found.push(/^import /m.test(fence) ? fence : `${found.at(-1) ?? ""}\n${fence}`)
  return found
}

/** What the compiler says against the programs, which stand in `folder` for it. */
export function complaints(texts: readonly string[], folder: string, options: ts.CompilerOptions): string[] {
  const files = new Map(texts.map((text, index) => [`${folder}/example-${index}.ts`, `${text}\nexport {}\n`]))
  const host = ts.createCompilerHost(options)
  const withExamples: ts.CompilerHost = {
    ...host,
    fileExists: (name) => files.has(name) || host.fileExists(name),
    getSourceFile: (name, version) => {
      const text = files.get(name)
      return text === undefined ? host.getSourceFile(name, version) : ts.createSourceFile(name, text, version)
    },
  }
  const program = ts.createProgram([...files.keys()], options, withExamples)
  const sources = [...files.keys()].flatMap((name) => program.getSourceFile(name) ?? [])
  return sources.flatMap((source) =>
    [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => {
      const line = ts.getLineAndCharacterOfPosition(source, found.start ?? 0).line
      return `${source.text.split("\n")[line]}: ${ts.flattenDiagnosticMessageText(found.messageText, "\n")}`
    }),
  )
}

/** A program as one file for Node, with the engine in the same thread instead of in a worker. */
export async function bundleForNode(text: string, resolveDir: string): Promise<string> {
  const contents = text.replaceAll(/from "fixpoint"/g, 'from "fixpoint/edge"')
  const stdin = { contents, resolveDir, loader: "ts" as const }
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    write: false,
  })
  return outputFiles[0]?.text ?? ""
}
