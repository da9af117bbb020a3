/**
 * The writing that the scenarios of texts replay: a recorded one from the folder that FIXPOINT_TRACES names, or one that is
 * made here. Owns: both as lists of [position, characters removed, text inserted].
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"

type Edit = readonly [at: number, removed: number, inserted: string]

const recorded = "automerge-paper.json.gz"

interface Trace {
  readonly txns: readonly { readonly patches: readonly Edit[] }[]
}

/** Somebody who types, goes back to a place before, and takes one character in ten away again. */
function made(count: number): Edit[] {
  const edits: Edit[] = []
  let length = 0
  let at = 0
  for (let n = 0; n < count; n++) {
    if (n % 97 === 96) at = (n * 7_919) % (length + 1)
    if (n % 10 === 9 && at > 0) {
      edits.push([--at, 1, ""])
      length--
    } else {
      edits.push([at++, 0, n % 6 === 5 ? " " : String.fromCharCode(97 + (n % 26))])
      length++
    }
  }
  return edits
}

/** The first `count` edits as JSON, and what they are. */
export function readTrace(count: number): { readonly json: string; readonly name: string } {
  const file = join(process.env["FIXPOINT_TRACES"] ?? "", recorded)
  if (!process.env["FIXPOINT_TRACES"] || !existsSync(file)) return { json: JSON.stringify(made(count)), name: "made" }
  const { txns } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Trace
  const edits = txns.flatMap(({ patches }) => patches).slice(0, count)
  return { json: JSON.stringify(edits), name: recorded }
}
