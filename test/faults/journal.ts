/**
 * What was written and what was promised. Owns: the verdict on what is found later.
 * Invariant: each document is written once, so that what is found tells which writes are there; beside them one document counts
 * the writes, and a set has a mark of each.
 */
import type { Durability, Engine, WriteOp } from "@fixpoint/core"
import { expect } from "vitest"

/** One commit that was tried. */
export interface Tried {
  readonly ids: readonly string[]
  readonly durability: Durability
  /** Whether it moves the document that counts. */
  readonly isCounted: boolean
  isAcknowledged: boolean
  /** Whether a bucket was said to have it. */
  isRemote: boolean
}

const put = (id: string, document: object): WriteOp => ({
  op: "put",
  collection: "docs",
  id,
  text: JSON.stringify(document),
})
const own = { collection: "docs", id: "counter" } as const

/** Makes the document that counts. */
export const counterOps: readonly WriteOp[] = [put("counter", {})]

/** All commits of a scenario. */
export class Journal {
  readonly tried: Tried[] = []

  /** A commit of two documents, and where there is a document that counts, a count and a mark in it. */
  next(durability: Durability, isCounted: boolean): { readonly tried: Tried; readonly ops: readonly WriteOp[] } {
    const n = this.tried.length
    const ids = [`a${n}`, `b${n}`]
    const tried = { ids, durability, isCounted, isAcknowledged: false, isRemote: false }
    this.tried.push(tried)
    const documents = ids.map((id) => put(id, { n, kind: n % 3, text: "x".repeat(40) }))
    const counts: readonly WriteOp[] = [
      { op: "increment", ...own, path: "count", by: 1 },
      { op: "add", ...own, path: "tags", element: n },
    ]
    return { tried, ops: isCounted ? [...documents, ...counts] : documents }
  }

  /** Looks at a database: all that was promised is there, each commit whole, nothing else, and counted once. */
  async verify(engine: Engine, isSure: (tried: Tried) => boolean): Promise<readonly string[]> {
    const { documents } = await engine.query({
      collection: "docs",
      filter: { kind: "and", filters: [] },
      order: [],
      limit: undefined,
    })
    const found = new Set(documents.map(({ id }) => id))
    const stored = this.tried.filter(({ ids }) => ids.some((id) => found.has(id)))
    for (const { ids } of stored)
      expect([...found], "a commit is there whole").toEqual(expect.arrayContaining([...ids]))
    for (const tried of this.tried.filter(isSure)) expect([...found], "what was promised").toContain(tried.ids[0])
    const counted = stored.filter(({ isCounted }) => isCounted)
    const text = documents.find(({ id }) => id === "counter")?.text ?? "{}"
    const { count = 0, tags = [] } = JSON.parse(text) as { readonly count?: number; readonly tags?: readonly number[] }
    expect(count, "each commit counts once").toBe(counted.length)
    expect(
      [...tags].sort((a, b) => a - b),
      "each commit has its mark",
    ).toEqual(counted.map((tried) => this.tried.indexOf(tried)))
    expect(found.size, "nothing else is there").toBe(2 * stored.length + Number(found.has("counter")))
    return [...found].sort()
  }
}
