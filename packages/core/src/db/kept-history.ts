/**
 * What an engine holds of history before it is loaded. Owns: how long what documents were is kept, by collection, and when the
 * part is loaded that keeps it: with the first record of a database that keeps any.
 * Invariant: how long is not a part of the definition, so that another choice loses nothing that it would keep. Where the part
 * does not load, writes go on, and history has a gap that is told (db/derivations.ts).
 * Must not know what an entry holds.
 */
import type { HistoryKeep } from "../api/history.ts"
import type { Host } from "../base/host.ts"
import * as limits from "../base/limits.ts"
import { type Loader, onDemand } from "../base/on-demand.ts"
import { type Hlc, hlcOfMs } from "../clock/hlc.ts"
import { derivationOf, type Key, keySpaces } from "../codec/key.ts"
import { isKept } from "./derived-door.ts"
import type { LaterPlugins } from "./derivations.ts"
import type { Definition } from "./derived-table.ts"
import { splitHistoryKey } from "./history-keys.ts"
import type { Ledger } from "./ledger.ts"
import type { Plugin } from "./plugin.ts"

/** What is loaded where history is kept. */
export interface HistoryPart {
  readonly journal: Plugin
}

/** Name and version of the plug-in. */
export const historyBy = "history/1"

/** What of a collection's past is kept, as a derivation. */
export const historyDefinition = (of: string): Definition => ({ by: historyBy, of, what: null })

/** The history that one engine keeps. */
export class KeptHistory implements LaterPlugins {
  readonly names = [historyBy]
  readonly #load: Loader<HistoryPart>
  readonly #host: Host
  readonly #ofDatabase: HistoryKeep | undefined
  readonly #declared = new Map<string, HistoryKeep>()
  #state: "unloaded" | "loaded" | "left out" = "unloaded"

  constructor(load: Loader<HistoryPart>, host: Host, ofDatabase: HistoryKeep | undefined) {
    this.#load = onDemand("history", load)
    this.#host = host
    this.#ofDatabase = ofDatabase
  }

  /** Says how long the past of a collection is kept, where the collection says so itself. */
  declare(collection: string, keep: HistoryKeep | undefined): void {
    if (keep !== undefined) this.#declared.set(collection, keep)
  }

  /** The clock up to which nothing is told; 0 where all is told that is there. */
  horizon(collection: string): Hlc {
    const keep = this.#keepOf(collection)
    if (keep === "none") return Number.POSITIVE_INFINITY
    return keep === "30d" ? Math.max(0, hlcOfMs(this.#host.clock.now() - limits.historyKeepMs)) : 0
  }

  /** Whether an entry is of something that was over before the horizon. What is kept no more at all goes as a whole. */
  isOver(key: Key, { derived }: Ledger): boolean {
    if (!key.startsWith(keySpaces.history)) return false
    const of = derived.get(derivationOf(key) ?? 0)?.definition.of
    return of !== undefined && this.#keepOf(of) === "30d" && splitHistoryKey(key).hlc < this.horizon(of)
  }

  isAsked(): boolean {
    return this.#state === "unloaded" && [this.#ofDatabase, ...this.#declared.values()].some(isKept)
  }

  async load(): Promise<readonly Plugin[]> {
    if (this.#state === "left out") return []
    try {
      const { journal } = await this.#load()
      this.#state = "loaded"
      return [journal]
    } catch (error) {
      this.#state = "left out"
      this.#host.log("history").warn("history is not kept: it did not load", { reason: String(error) })
      return []
    }
  }

  definitionFor(collection: string): Definition | undefined {
    return isKept(this.#keepOf(collection)) ? historyDefinition(collection) : undefined
  }

  /** Undefined where this engine has no say: what others keep is read, and kept on. */
  #keepOf(collection: string): HistoryKeep | undefined {
    return this.#declared.get(collection) ?? this.#ofDatabase
  }
}
