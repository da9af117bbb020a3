/**
 * The verbs of the `fixpoint` command. Owns: which verb runs, and how its failure is told.
 * Invariant: a failure is told once, with its code, and its kind is the exit code; with --json as one line on standard output.
 */
import { codeTexts } from "@fixpoint/core/code-texts"
import { asFixpointError, FixpointError } from "@fixpoint/core/errors"
import { exitCodes } from "./exit-code.ts"
import { serve, serveHelp } from "./serve.ts"
import type { Terminal } from "./terminal.ts"

interface Verb {
  readonly summary: string
  readonly help: string
  run(parameters: readonly string[], terminal: Terminal): Promise<void>
}

const verbs: Readonly<Record<string, Verb>> = {
  serve: { summary: "serves a folder as a bucket that databases sync through", help: serveHelp, run: serve },
}

const help = `usage: fixpoint <verb> [options]

${Object.entries(verbs)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join("\n")}

fixpoint <verb> --help says more. Exit codes: 0 done, ${Object.entries(exitCodes)
  .map(([kind, code]) => `${code} ${kind}`)
  .join(", ")}.`

/** Runs the command and gives its exit code. */
export async function runCommand(parameters: readonly string[], terminal: Terminal): Promise<number> {
  const [name = "", ...rest] = parameters
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  const isHelp = parameters.length === 0 || rest.includes("--help") || rest.includes("-h")
  try {
    if (verb !== undefined && isHelp) terminal.out(verb.help)
    else if (verb !== undefined) await verb.run(rest, terminal)
    else if (isHelp || ["help", "--help", "-h"].includes(name)) terminal.out(help)
    else
      throw new FixpointError("INVALID_ARGUMENT", `There is no verb ${JSON.stringify(name)}; fixpoint help lists them.`)
    return 0
  } catch (thrown) {
    const error = asFixpointError(thrown)
    const { code, kind, details, message } = error
    const { meaning, action } = codeTexts[code]
    const said = message === code ? `${code}: ${meaning} ${action}` : message
    if (rest.includes("--json")) terminal.out(JSON.stringify({ error: { code, kind, message: said, details } }))
    else terminal.err(`fixpoint ${name}: ${said}`)
    return exitCodes[kind]
  }
}
