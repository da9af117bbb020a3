/**
 * What an engine holds of searches before they are loaded. Owns: the declared searches, and when the part is loaded.
 * Invariant: a record waits for the part as long as the database has entries of it, so that they are never given up for want
 * of what keeps them; where the part does not load, writes go on without it, and the entries are made anew later.
 * Must not know what the part does: it is asked for by its entry alone.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { FindResult, FindSpec } from "../api/find.ts"
import type { LiveStep } from "../api/live-step.ts"
import type { Logger } from "../base/log.ts"
import type { Loader } from "../base/on-demand.ts"
import type { Derivations, LaterPlugins } from "../db/derivations.ts"
import type { Plugin } from "../db/plugin.ts"
import type { find, FindParts } from "./find.ts"
import type { LiveSearchParts, watchFind } from "./live-search.ts"
import type { textDefinition, textPlugin } from "./text-plugin.ts"
import type { VectorCache } from "./vector-cache.ts"
import type { vectorDefinition, vectorPlugin } from "./vector-plugin.ts"

/** What is loaded when a search is declared. */
export interface SearchPart {
  readonly find: typeof find
  readonly watchFind: typeof watchFind
  readonly textDefinition: typeof textDefinition
  readonly textPlugin: typeof textPlugin
  readonly vectorDefinition: typeof vectorDefinition
  readonly vectorPlugin: typeof vectorPlugin
}

type Reading<P extends FindParts> = Omit<P, "caches" | "spec">

/** The searches of one engine. */
export class Searches implements LaterPlugins {
  readonly #load: Loader<SearchPart>
  readonly #log: Logger
  readonly #specs = new Map<string, CollectionSpec>()
  readonly #caches = new Map<number, VectorCache>()
  #undefined: readonly string[] = []
  #isLeftOut = false

  constructor(load: Loader<SearchPart>, log: Logger) {
    this.#load = load
    this.#log = log
  }

  /** Declares the searches of a collection. */
  declare(collection: string, spec: CollectionSpec): void {
    if (spec.search === undefined && spec.vectors === undefined) return
    this.#specs.set(collection, spec)
    this.#undefined = [...this.#undefined, collection]
  }

  get names(): readonly string[] {
    return this.#isLeftOut ? [] : ["text/1", "vector/1"]
  }

  isAsked(): boolean {
    return this.#undefined.length > 0 && !this.#isLeftOut
  }

  async load(derivations: Derivations): Promise<readonly Plugin[]> {
    try {
      return this.#define(await this.#load(), derivations)
    } catch (error) {
      this.#isLeftOut = true
      this.#log.warn("search did not load", { reason: String(error) })
      return []
    }
  }

  /** Runs a search. */
  async find(spec: FindSpec, reading: Reading<FindParts>): Promise<FindResult> {
    const part = await this.#ready(reading)
    return await part.find(spec, this.#with(reading, spec))
  }

  /** Runs a search, and again when it may give something else; gives the function that ends it. */
  async watch(
    spec: FindSpec,
    reading: Reading<LiveSearchParts>,
    listener: (step: LiveStep) => void,
  ): Promise<() => void> {
    const part = await this.#ready(reading)
    return part.watchFind(spec, this.#with(reading, spec), listener)
  }

  async #ready({ derivations }: Reading<FindParts>): Promise<SearchPart> {
    const part = await this.#load()
    this.#isLeftOut = false
    await derivations.load([this])
    return part
  }

  #with<P extends FindParts>(reading: Reading<P>, { collection }: FindSpec): P {
    return { ...reading, caches: this.#caches, spec: this.#specs.get(collection) } as P
  }

  #define(part: SearchPart, derivations: Derivations): readonly Plugin[] {
    for (const collection of this.#undefined) {
      const { search, vectors = [] } = this.#specs.get(collection) ?? {}
      if (search !== undefined) derivations.want(part.textDefinition(collection, search))
      for (const one of vectors) derivations.want(part.vectorDefinition(collection, one))
    }
    this.#undefined = []
    return [part.textPlugin, part.vectorPlugin]
  }
}
