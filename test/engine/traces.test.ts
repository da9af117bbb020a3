// Recorded typing through an engine: it ends at the recorded text, and what is stored is about what plain Yjs stores.
import { deflateRawSync } from "node:zlib"
import type { TextOpened } from "@fixpoint/core"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { createBench } from "./bench.ts"
import { madeUpTrace, readTrace, recordings, type Trace, type } from "./editing-traces.ts"

const recorded = recordings("rustcode", "automerge-paper")

/** How long plain Yjs takes, in milliseconds. */
function typePlain(txns: Trace["txns"]): number {
  const body = new Y.Doc().getText("t")
  const started = performance.now()
  for (const { patches } of txns) type(body, patches)
  return performance.now() - started
}

/** How many transactions of a trace are typed between two batches. */
const batch = 500

test.each(recorded.length === 0 ? ["made up"] : recorded)(
  "%s ends at its text, stored in 1.1 times of what Yjs stores",
  { timeout: 300_000 },
  async (name) => {
    const { endContent, txns } = name === "made up" ? madeUpTrace() : readTrace<Trace>(name)
    const engine = await createBench({ fields: { notes: { body: "text" } } }).open()
    const { client, updates } = (await engine.part("text", "open", [1, "notes", "a", "body"])) as TextOpened
    const doc = new Y.Doc()
    doc.clientID = client
    for (const update of updates) Y.applyUpdateV2(doc, update)
    const body = doc.getText("t")
    let waiting: Uint8Array[] = []
    doc.on("updateV2", (update: Uint8Array) => waiting.push(update))
    const plainMs = typePlain(txns)
    const started = performance.now()
    for (const [i, { patches }] of txns.entries()) {
      type(body, patches)
      if (i % batch !== batch - 1 && i !== txns.length - 1) continue
      const update = Y.mergeUpdatesV2(waiting)
      waiting = []
      await engine.part("text", "write", [1, update])
    }
    const ms = performance.now() - started
    expect(body.toJSON()).toBe(endContent)
    await engine.part("text", "close", [1])
    const [found] = await engine.get("notes", ["a"])
    expect((JSON.parse(found!.text) as { body: string }).body).toBe(endContent)
    await engine.compact()
    const { storedBytes } = await engine.stats()
    const yjs = Y.encodeStateAsUpdateV2(doc).length
    const shown = deflateRawSync(endContent).length
    const typing = Math.round(ms - plainMs)
    process.stderr.write(
      `${name}: ${storedBytes} bytes stored, of which the document's own text is about ${shown}; Yjs alone ${yjs}. ` +
        `${txns.length} edits: Yjs alone ${Math.round(plainMs)} ms, their commits ${typing} ms more\n`,
    )
    // The document shows the text beside its encoding, so that it is read and searched without Yjs.
    expect(storedBytes - shown).toBeLessThanOrEqual(yjs * 1.1)
  },
)
