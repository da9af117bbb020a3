/**
 * Documents that the page keeps: a small collection, once documents of it are read one by one. Owns: what is kept, how much,
 * and when to ask for more of it.
 * Invariant: what is kept is what the engine would answer. Whoever hears of a change, by the answer to a write of this page or
 * by the engine's word that others wrote, forgets in the same turn what it may concern. Must not know messages.
 */
import type { DocumentLines, DocumentText, WriteOp } from "@fixpoint/core"

/** Texts of more characters than this are not kept: a page has better use for its memory. */
const charsMax = 4 * 1024 * 1024

/** What is kept of a collection. */
interface Kept {
  readonly texts: Map<string, string>
  reads: number
  /** The id from which on there is more to ask for. */
  from: string | undefined
  isAsking: boolean
}

/** A memory of documents, by collection and id. */
export class Mirror {
  readonly #collections = new Map<string, Kept>()
  #chars = 0
  /** So many reads of one document each are taken for the beginning of many; more, each time all was forgotten again. */
  #readsMin = 4

  /** The documents, if all of them are kept. */
  find(collection: string, ids: readonly string[]): DocumentText[] | undefined {
    const kept = this.#collections.get(collection)
    if (kept === undefined) return undefined
    const found: DocumentText[] = []
    for (const id of ids) {
      const text = kept.texts.get(id)
      if (text === undefined) return undefined
      found.push({ id, text })
    }
    return found
  }

  /** Takes note of a read of one document that is not here. Gives whether it is time to ask for all of them. */
  missed(collection: string): boolean {
    let kept = this.#collections.get(collection)
    if (kept === undefined) {
      kept = { texts: new Map(), reads: 0, from: "", isAsking: false }
      this.#collections.set(collection, kept)
    }
    return ++kept.reads > this.#readsMin && !kept.isAsking
  }

  /** The id from which on to ask now; undefined when there is nothing to ask for. */
  next(collection: string): string | undefined {
    const kept = this.#collections.get(collection)
    if (kept === undefined || kept.isAsking) return undefined
    kept.isAsking = kept.from !== undefined
    return kept.from
  }

  /** Keeps what was asked for; undefined when the engine has nothing to give. */
  keep(collection: string, lines: DocumentLines | undefined): void {
    const kept = this.#collections.get(collection)
    // It was forgotten while the answer was under way.
    if (kept?.isAsking !== true) return
    kept.isAsking = false
    kept.from = undefined
    if (!lines?.ids) return
    const ids = lines.ids.split("\n")
    const texts = lines.texts.split("\n")
    for (const [i, id] of ids.entries()) {
      const text = texts[i] ?? ""
      this.#chars += text.length - (kept.texts.get(id)?.length ?? 0)
      kept.texts.set(id, text)
    }
    if (this.#chars <= charsMax) kept.from = lines.next
    else this.#empty(kept)
  }

  /** These documents may have changed. */
  forget(ops: readonly WriteOp[]): void {
    for (const { collection, id } of ops) {
      const texts = this.#collections.get(collection)?.texts
      this.#chars -= texts?.get(id)?.length ?? 0
      texts?.delete(id)
    }
  }

  /** Any document may have changed. */
  forgetAll(): void {
    if (this.#chars > 0) this.#readsMin *= 2
    this.#collections.clear()
    this.#chars = 0
  }

  #empty({ texts }: Kept): void {
    for (const text of texts.values()) this.#chars -= text.length
    texts.clear()
  }
}
