/**
 * Recorded typing, and typing that is made up where there is no recording. Owns: the form of the traces of josephg/editing-traces, and how
 * edits are made with Yjs. FIXPOINT_TRACES names a folder with recordings.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import fc from "fast-check"
import * as Y from "yjs"

/** An edit: where, how many characters go, and what comes. */
export type Patch = readonly [position: number, erased: number, inserted: string]

/** What one person has typed. */
export interface Trace {
  readonly endContent: string
  readonly txns: readonly { readonly patches: readonly Patch[] }[]
}

/** What several people have typed at once: each transaction's positions are those of the merge of its parents. */
export interface ConcurrentTrace {
  readonly endContent: string
  readonly numAgents: number
  readonly txns: readonly {
    readonly parents: readonly number[]
    readonly agent: number
    readonly patches: readonly Patch[]
  }[]
}

const folder = process.env["FIXPOINT_TRACES"] ?? ""

/** Those of these recordings that are there; what is missing is said. */
export function recordings(...names: readonly string[]): string[] {
  const found = names.filter((name) => existsSync(join(folder, `${name}.json.gz`)))
  if (found.length === 0)
    process.stderr.write("FIXPOINT_TRACES names no folder with editing traces: a made-up one is replayed instead\n")
  return found
}

/** A recording. */
export function readTrace<T extends Trace | ConcurrentTrace>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString()) as T
}

/** Makes edits in one transaction. */
export function type(body: Y.Text, patches: readonly Patch[]): void {
  body.doc?.transact(() => {
    for (const [position, erased, inserted] of patches) {
      if (erased > 0) body.delete(position, erased)
      if (inserted !== "") body.insert(position, inserted)
    }
  })
}

/** Somebody who writes words, goes back, and mends. */
export function madeUpTrace(): Trace {
  let text = ""
  const random = fc.sample(fc.nat(999), { numRuns: 4000, seed: 7 })
  const txns = random.map((dice) => {
    const position = dice < 800 ? text.length : Math.floor((text.length * dice) / 1000)
    const erased = dice % 9 === 0 ? Math.min(3, text.length - position) : 0
    const inserted = dice % 5 === 0 ? "word " : "abcdefghij".charAt(dice % 10)
    text = text.slice(0, position) + inserted + text.slice(position + erased)
    return { patches: [[position, erased, inserted] as const] }
  })
  return { endContent: text, txns }
}

/** Three people who write a paragraph each, and read the others' now and then; nothing of two stands at one place. */
export function madeUpConcurrentTrace(): ConcurrentTrace {
  const numAgents = 3
  const docs = Array.from({ length: numAgents }, () => new Y.Doc())
  const txns: ConcurrentTrace["txns"][number][] = []
  const heads: number[][] = docs.map(() => [])
  const write = (agent: number, patches: readonly Patch[]): void => {
    type(docs[agent]!.getText("t"), patches)
    txns.push({ parents: heads[agent]!, agent, patches })
    heads[agent] = [txns.length - 1]
  }
  const read = (agent: number, from: number): void => {
    const missing = Y.encodeStateAsUpdateV2(docs[from]!, Y.encodeStateVector(docs[agent]!))
    Y.applyUpdateV2(docs[agent]!, missing)
    heads[agent] = [...new Set([...heads[agent]!, ...heads[from]!])].sort((a, b) => a - b)
  }
  write(0, [[0, 0, "0\n1\n2\n"]])
  for (const agent of [1, 2]) read(agent, 0)
  for (const dice of fc.sample(fc.nat(99_999), { numRuns: 300, seed: 11 })) {
    const agent = dice % numAgents
    if (dice % 7 === 0) read(agent, (agent + 1 + (dice % 2)) % numAgents)
    const text = docs[agent]!.getText("t").toJSON()
    const begin = text.indexOf(`${agent}`) + 1
    const end = text.indexOf("\n", begin)
    const position = begin + Math.floor(((end - begin) * (dice % 1000)) / 1000)
    const erased = dice % 5 === 0 ? Math.min(2, end - position) : 0
    write(agent, [[position, erased, "abcdefghij".charAt(dice % 10).repeat(1 + (dice % 3))]])
  }
  for (const from of [1, 2]) read(0, from)
  write(0, [[0, 0, ">"]])
  return { endContent: docs[0]!.getText("t").toJSON(), numAgents, txns }
}
