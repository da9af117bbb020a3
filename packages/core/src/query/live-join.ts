/**
 * Documents with others in them: what `include` asks for, at once and live. Owns: which documents are referred to, and the
 * text that shows them in place. Invariant: after every step, what a listener has put together equals the query run anew.
 * A referred document is read once however many refer to it, and followed by its key as long as somebody does.
 * Must not know where deltas come from.
 */
import type { DocumentText } from "../api/document-text.ts"
import type { LiveStep } from "../api/live-step.ts"
import type { IncludeSpec } from "../api/query.ts"
import type { Json } from "../base/json.ts"
import { storedKey } from "../codec/path.ts"
import type { Follow, Live, LiveQuery, RunPlan } from "./live.ts"
import type { Entry } from "./ordering.ts"
import type { Plan } from "./plan.ts"
import { planForm } from "./plan-form.ts"
import type { RowDelta } from "./row-delta.ts"

/** The keys by which a document refers to others. */
function keysOf(link: Json | undefined): readonly string[] {
  const keys = Array.isArray(link) ? (link as readonly Json[]) : [link]
  return keys.filter((key) => typeof key === "string")
}

/** A query whose documents show others. */
export class LiveJoin implements Live {
  readonly #query: LiveQuery
  readonly #includes: readonly Included[]
  readonly #run: RunPlan
  readonly #linked = new Map<string, Entry>()
  readonly #told = new Set<string>()
  /** Documents in which another one has changed. */
  readonly #dirty = new Set<string>()
  #onlyMissing = false

  constructor(query: LiveQuery, includes: readonly IncludeSpec[], run: RunPlan) {
    this.#query = query
    this.#includes = includes.map((spec) => new Included(spec))
    this.#run = run
  }

  follow(follow: Follow): void {
    this.#query.follow(follow)
    for (const include of this.#includes) include.follow = follow
  }

  async read(isWanted: () => boolean): Promise<void> {
    if (!this.#onlyMissing) {
      await this.#query.read(isWanted)
      if (!isWanted()) return
      for (const include of this.#includes) include.forget(this.#dirty)
    }
    this.#onlyMissing = false
    this.#link()
    for (const include of this.#includes) {
      const plan = include.missing()
      if (plan === undefined || !isWanted()) continue
      const entries = await this.#run(plan, Number.POSITIVE_INFINITY, isWanted)
      if (isWanted()) include.take(entries, this.#dirty)
    }
  }

  apply(deltas: readonly RowDelta[]): boolean {
    for (const include of this.#includes) include.apply(deltas, this.#dirty)
    const isEnough = this.#query.apply(deltas.filter(({ collection }) => collection === this.#query.collection))
    this.#link()
    const isWhole = this.#includes.every((include) => include.isWhole)
    this.#onlyMissing = isEnough && !isWhole
    return isEnough && isWhole
  }

  step(): LiveStep | undefined {
    const step = this.#query.step()
    const dirty = new Set(this.#dirty)
    this.#dirty.clear()
    if (step?.kind === "error") return step
    if (step?.kind === "reset") {
      for (const { id } of step.documents) this.#told.add(id)
      return { kind: "reset", documents: step.documents.map(this.#shown) }
    }
    const { removed = [], placed = [], changed = [] } = step ?? {}
    for (const id of removed) this.#told.delete(id)
    for (const { document } of placed) this.#told.add(document.id)
    for (const { id } of [...changed, ...placed.map(({ document }) => document)]) dirty.delete(id)
    const others = [...dirty].filter((id) => this.#told.has(id)).map((id) => ({ id, text: "" }))
    if (step === undefined && others.length === 0) return undefined
    return {
      kind: "delta",
      removed,
      placed: placed.map(({ at, document }) => ({ at, document: this.#shown(document) })),
      changed: [...changed, ...others].map(this.#shown),
    }
  }

  /** Follows what changed documents refer to, and nothing else any more. */
  #link(): void {
    for (const id of this.#query.changedIds()) {
      const old = this.#linked.get(id)
      const now = this.#query.get(id)
      if (old === now) continue
      this.#includes.forEach((include, i) => {
        for (const key of keysOf(now?.links?.[i])) include.link(key, id)
        const kept = new Set(keysOf(now?.links?.[i]))
        for (const key of keysOf(old?.links?.[i])) if (!kept.has(key)) include.unlink(key, id)
      })
      if (now === undefined) this.#linked.delete(id)
      else this.#linked.set(id, now)
    }
  }

  readonly #shown = ({ id }: DocumentText): DocumentText => {
    const { text, links = [] } = this.#query.get(id) as Entry
    const fields = this.#includes.flatMap((include, i) => include.shownFor(links[i]))
    return { id, text: objectText([...(text === "{}" ? [] : [text.slice(1, -1)]), ...fields]) }
  }
}

const objectText = (fields: readonly string[]): string => `{${fields.join()}}`

/** The documents of one include, by the key that others refer to them by. */
class Included {
  readonly #spec: IncludeSpec
  /** Judges documents; a plan of the keys that are missing reads them. */
  readonly #plan: Plan
  readonly #children = new Map<string, Map<string, Entry>>()
  readonly #keyOfChild = new Map<string, string>()
  readonly #parents = new Map<string, Set<string>>()
  readonly #ends = new Map<string, () => void>()
  readonly #missing = new Set<string>()
  follow: Follow = () => () => undefined

  constructor(spec: IncludeSpec) {
    this.#spec = spec
    this.#plan = planForm(spec.query, [this.#path])
  }

  /** Whether all documents that are referred to are known. */
  get isWhole(): boolean {
    return this.#missing.size === 0
  }

  get #path(): string {
    return this.#spec.on ?? "_id"
  }

  link(key: string, parent: string): void {
    const parents = this.#parents.get(key)
    if (parents !== undefined) return void parents.add(parent)
    this.#parents.set(key, new Set([parent]))
    this.#ends.set(key, this.follow(this.#spec.query.collection, { path: this.#path, values: [key] }))
    this.#missing.add(key)
  }

  unlink(key: string, parent: string): void {
    const parents = this.#parents.get(key)
    parents?.delete(parent)
    if (parents?.size !== 0) return
    this.#parents.delete(key)
    this.#ends.get(key)?.()
    this.#ends.delete(key)
    this.#missing.delete(key)
    for (const id of this.#children.get(key)?.keys() ?? []) this.#keyOfChild.delete(id)
    this.#children.delete(key)
  }

  /** Nothing that was read holds any more: what was there may be gone. */
  forget(dirty: Set<string>): void {
    for (const [key, children] of this.#children)
      if (children.size > 0) for (const parent of this.#parents.get(key) ?? []) dirty.add(parent)
    this.#children.clear()
    this.#keyOfChild.clear()
    for (const key of this.#parents.keys()) this.#missing.add(key)
  }

  /** The plan that reads what is missing. */
  missing(): Plan | undefined {
    if (this.isWhole) return undefined
    const { query } = this.#spec
    const among = { path: this.#path, operator: "in", operand: [...this.#missing] } as const
    const filter = { kind: "and", filters: [{ kind: "field", condition: among }, query.filter] } as const
    return planForm({ ...query, filter, limit: undefined }, [this.#path])
  }

  take(entries: readonly Entry[], dirty: Set<string>): void {
    for (const key of this.#missing) this.#children.set(key, new Map())
    this.#missing.clear()
    for (const entry of entries) this.#put(entry.id, entry, dirty)
  }

  apply(deltas: readonly RowDelta[], dirty: Set<string>): void {
    for (const { collection, id, after } of deltas) {
      if (collection === this.#plan.collection)
        this.#put(id, after && this.#plan.match(id, after.text, after.parse), dirty)
    }
  }

  /** The field that shows what a link refers to; none where there is nothing. */
  shownFor(link: Json | undefined): readonly string[] {
    const { as, on, many, query } = this.#spec
    const found = keysOf(link).flatMap((key) => [...(this.#children.get(key)?.values() ?? [])])
    if (on !== undefined) found.sort(this.#plan.ordering.compare)
    const texts = found.slice(0, query.limit).map(({ id, text }) => {
      const own = `"_id":${JSON.stringify(id)}`
      return objectText(text === "{}" ? [own] : [own, text.slice(1, -1)])
    })
    const isList = on === undefined ? Array.isArray(link) : many
    const value = isList ? `[${texts.join()}]` : texts[0]
    return value === undefined ? [] : [`${JSON.stringify(storedKey(as))}:${value}`]
  }

  #put(id: string, entry: Entry | undefined, dirty: Set<string>): void {
    const oldKey = this.#keyOfChild.get(id)
    if (oldKey !== undefined) this.#set(oldKey, id, undefined, dirty)
    const key = entry?.links?.[0]
    if (typeof key === "string") this.#set(key, id, entry, dirty)
  }

  #set(key: string, id: string, entry: Entry | undefined, dirty: Set<string>): void {
    const children = this.#children.get(key)
    if (children === undefined) return
    if (entry === undefined) {
      children.delete(id)
      this.#keyOfChild.delete(id)
    } else {
      children.set(id, entry)
      this.#keyOfChild.set(id, key)
    }
    for (const parent of this.#parents.get(key) ?? []) dirty.add(parent)
  }
}
