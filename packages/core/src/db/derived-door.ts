/**
 * The way to what keeps what is derived from documents: indexes, and the entries of plug-ins. Owns: when that part is loaded, what was
 * declared before it was, and who has to wait for it.
 * Invariant: a record waits for the part as long as the database has anything derived or this engine has declared it, and fails
 * with it where it does not load: none is stored without its entries (INV-14). Must not know what is derived, or how.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { EngineEvent } from "../api/engine-event.ts"
import type { FindResult, FindSpec } from "../api/find.ts"
import type { HistoryKeep } from "../api/history.ts"
import type { LiveStep } from "../api/live-step.ts"
import { asFixpointError, FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import type { Logger } from "../base/log.ts"
import type { Loader } from "../base/on-demand.ts"
import type { Hlc } from "../clock/hlc.ts"
import type { Key } from "../codec/key.ts"
import type { Finding } from "../lsm/finding.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Claims } from "./claims.ts"
import type { Derivations } from "./derivations.ts"
import type { IndexerParts } from "./indexer.ts"
import type { Ledger } from "./ledger.ts"
import type { LiveParts, ReaderParts } from "./reading.ts"
import type { Witness } from "./witness.ts"

/** What is kept up to date from documents. */
export interface Keeping {
  readonly derivations: Derivations
  declare(collection: string, spec: CollectionSpec): void
  /** Whether a plug-in that is not here yet has entries to keep, or has yet to say what it keeps. */
  isLacking(): boolean
  /** Loads those. */
  load(): Promise<void>
  /** Claims of one batch on values that only one document may have. */
  openClaims(): Claims
  /** Something may be to do: does it, beside all else. */
  wake(): void
  /** Drops what nobody has declared, if this engine is alone. */
  settle(): Promise<void>
  /** Begins derivations anew whose entries are not what they should be. */
  rebuild(ids: readonly number[]): Promise<void>
  find(spec: FindSpec, parts: ReaderParts): Promise<FindResult>
  /** Keeps a search true; gives the function that ends it. */
  watch(
    spec: FindSpec,
    parts: LiveParts & { readonly writer: { readonly witnesses: Set<Witness> } },
    listener: (step: LiveStep) => void,
  ): Promise<() => void>
  /** What several documents have that only one may have. */
  duplicates(): Promise<Finding[]>
  /** The clock up to which nothing is told of the past; 0 where all is told that is there. */
  horizon(collection: string): Hlc
  /** Whether an entry is of a past that is not kept so long. */
  isOver(key: Key): boolean
  close(): Promise<void>
}

/** What keeping works with. */
export interface KeepingParts extends Omit<IndexerParts, "derivations" | "onBuilt"> {
  readonly host: Host
  readonly log: Logger
  readonly lsm: Lsm
  readonly ledger: Ledger
  /** Who sees records. */
  readonly witnesses: Set<Witness>
  tell(event: EngineEvent): void
}

/** What a writer is to know of it. */
export interface Deriving {
  /** Undefined where nothing is derived, or what derives is not here yet. */
  readonly keeping: Pick<Keeping, "derivations" | "openClaims"> | undefined
  isLacking(): boolean
  ready(): Promise<unknown>
}

/** The part, as the engine loads it. */
export interface KeepingPart {
  readonly openKeeping: (parts: KeepingParts) => Keeping
}

/** Whether anything of the past is kept. */
export const isKept = (keep: HistoryKeep | undefined): boolean => keep !== undefined && keep !== "none"

const derives = ({ indexes = [], search, vectors, history }: CollectionSpec): boolean =>
  indexes.length > 0 || search !== undefined || vectors !== undefined || isKept(history)

/** What is derived in one engine. */
export class DerivedDoor implements Deriving {
  readonly #load: Loader<KeepingPart>
  #declared: (readonly [collection: string, spec: CollectionSpec])[] = []
  #isAsked = false
  #parts: KeepingParts | undefined
  #isClosing = false
  keeping: Keeping | undefined

  constructor(load: Loader<KeepingPart>, history: HistoryKeep | undefined) {
    this.#load = load
    if (isKept(history)) this.#ask()
  }

  /** What a collection declares. */
  declare(collection: string, spec: CollectionSpec): void {
    if (this.keeping !== undefined) return this.keeping.declare(collection, spec)
    this.#declared.push([collection, spec])
    if (derives(spec)) this.#ask()
  }

  /** The database is open. */
  begin(parts: KeepingParts): void {
    this.#parts = parts
    this.wake()
  }

  /** Whether a record has to wait for `ready`. */
  isLacking(): boolean {
    return this.keeping?.isLacking() ?? (this.#isAsked || this.#parts?.ledger.derived.isEmpty === false)
  }

  /** Gives what keeps, with all plug-ins that can be loaded. */
  async ready(): Promise<Keeping> {
    const keeping = await this.#open()
    if (keeping.isLacking()) await keeping.load()
    return keeping
  }

  wake(): void {
    if (this.#isClosing) return
    if (this.keeping !== undefined) this.keeping.wake()
    else if (this.#parts !== undefined && this.isLacking())
      this.#open().catch((error: unknown) => {
        if (!this.#isClosing) this.#parts?.log.warn("indexes did not load", { code: asFixpointError(error).code })
      })
  }

  async settle(): Promise<void> {
    if (this.#parts?.ledger.derived.isEmpty === false) await (await this.#open()).settle()
  }

  /** Nothing is begun any more; a record that waits for the part still gets it. Called again when the last record is stored. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.keeping?.close()
  }

  /** The load goes on beside the opening of the database. */
  #ask(): void {
    if (!this.#isAsked) this.#load().catch(() => undefined)
    this.#isAsked = true
  }

  async #open(): Promise<Keeping> {
    const { openKeeping } = await this.#load()
    if (this.keeping !== undefined) return this.keeping
    if (this.#parts === undefined) throw new FixpointError("CLOSED")
    const keeping = openKeeping(this.#parts)
    for (const declared of this.#declared) keeping.declare(...declared)
    this.#declared = []
    this.keeping = keeping
    this.wake()
    return keeping
  }
}
