/**
 * The engine: store, keys, log-structured rows, writer, live queries and chores put together behind api/engine.ts.
 * Owns: the life of one database in one thread: opening → ready | failed → closed.
 * Invariant: a call waits for the database to be open and fails with the code that stopped it; after `close` it fails
 * with CLOSED. Must not know workers, pages or platforms.
 */
import type { ChangePage } from "./api/change-feed.ts"
import type { CollectionSpec } from "./api/collection-spec.ts"
import type { DocumentLines, VersionedText } from "./api/document-text.ts"
import type { Engine, EngineTransaction, PartName } from "./api/engine.ts"
import type { EngineEvent } from "./api/engine-event.ts"
import type { EngineStats } from "./api/engine-stats.ts"
import type { EngineStatus } from "./api/engine-status.ts"
import type { FindResult, FindSpec } from "./api/find.ts"
import type { HistoryKeep } from "./api/history.ts"
import type { LiveStep } from "./api/live-step.ts"
import type { QueryResult, QuerySpec, QueryStats } from "./api/query.ts"
import type { Sync } from "./api/sync.ts"
import type { Receipt, StagedWrites, WriteOp } from "./api/write.ts"
import { asFixpointError, FixpointError } from "./base/errors.ts"
import type { Host } from "./base/host.ts"
import * as limits from "./base/limits.ts"
import type { Logger } from "./base/log.ts"
import { eachOnDemand } from "./base/on-demand.ts"
import { derivationOf, type Key } from "./codec/key.ts"
import { formatPath, parsePath } from "./codec/path.ts"
import { checkCollection, checkId } from "./codec/value.ts"
import { hasFacets } from "./crdt/edit-target.ts"
import type { KeySource } from "./crypto/keys.ts"
import { admitOps, Stage } from "./db/admit.ts"
import { CellDoor } from "./db/cell-door.ts"
import type { CommitRequest } from "./db/commit.ts"
import { DerivedDoor } from "./db/derived-door.ts"
import type { DoorEntry } from "./db/doors.ts"
import { tendFiles } from "./db/file-upkeep.ts"
import { indexStats } from "./db/index-stats.ts"
import { SyncDoor } from "./db/sync-door.ts"
import type { SyncParts } from "./db/sync-service.ts"
import { Ledger } from "./db/ledger.ts"
import { type Opened, openDatabase } from "./db/open.ts"
import { livePlain } from "./db/live-run.ts"
import { findPlain, measured, readAhead, readDocuments, type ReadByIds, readTexts } from "./db/reader.ts"
import { type Running, runDatabase } from "./db/running.ts"
import type { Writer } from "./db/writer.ts"
import type { CheckReport } from "./lsm/check.ts"
import type { Finding } from "./lsm/finding.ts"
import type { Durability, OpenStore } from "./lsm/store.ts"
import { checkIndex } from "./query/index-check.ts"
import type { EngineParts } from "./parts.ts"
import { isPlain } from "./query/plan.ts"

/** What an engine is made of. */
export interface EngineOptions {
  /** Name of the database: of its lock, its channel and its sentinel. */
  readonly name: string
  readonly host: Host
  readonly openStore: OpenStore
  /** Removes the storage where it cannot even be opened. */
  readonly destroyStorage: () => Promise<void>
  readonly keys: KeySource
  /** How sure a write is that does not say. */
  readonly durability: Durability
  readonly collections: Readonly<Record<string, CollectionSpec>>
  /** How long it is kept what documents were, where their collection does not say; the default is "none". */
  readonly history?: HistoryKeep | undefined
  /** Where the parts come from that are loaded when they are first used. */
  readonly parts: EngineParts
  /**
   * Whether a place that was wiped is filled again from a bucket, which is attached as soon as the database opens. The key must
   * not be lost with the place.
   */
  readonly recovers?: boolean
}

const indexFinding = (id: number): Finding => ({
  code: "INDEX_CORRUPT",
  where: `index ${id}`,
  message: new FixpointError("INDEX_CORRUPT").message,
})

/** Makes the engine of a database, and begins to open it. */
export function createEngine(options: EngineOptions): Engine {
  return new DatabaseEngine(options)
}

class DatabaseEngine implements Engine {
  readonly #options: EngineOptions
  readonly #log: Logger
  readonly #specs = new Map<string, CollectionSpec>()
  readonly #ledger = new Ledger()
  readonly #derived: DerivedDoor
  readonly #cells: CellDoor
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  readonly #opening: Promise<Running>
  readonly #parts: EngineParts
  readonly #syncDoor: SyncDoor
  #current: Running | undefined
  #status: EngineStatus = { state: "opening", persistence: "memory", device: undefined, error: undefined }
  #closing: Promise<void> | undefined
  /** Why this engine, once open, serves no more. */
  #lost: FixpointError | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    this.#log = options.host.log("db")
    const { history } = options
    const parts = eachOnDemand(options.parts)
    this.#parts = parts
    this.#cells = new CellDoor(parts.cells)
    this.#derived = new DerivedDoor(async () => {
      const { openKeeping } = await parts.indexes()
      return { openKeeping: (own) => openKeeping(own, { history, parts }) }
    }, history)
    this.#syncDoor = new SyncDoor(parts.sync)
    this.declare(options.collections)
    this.#opening = this.#open()
    // Whoever calls gets the failure; nobody calling is not a crash.
    this.#opening.catch((error: unknown) => this.#log.error("cannot open", { code: asFixpointError(error).code }))
  }

  status(): EngineStatus {
    return this.#status
  }

  on(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async ready(): Promise<void> {
    await this.#running()
  }

  declare(collections: Readonly<Record<string, CollectionSpec>>): void {
    for (const [name, spec] of Object.entries(collections)) {
      checkCollection(name)
      for (const index of spec.indexes ?? []) checkIndex(index)
      const stored = Object.entries(spec.fields).map(([path, type]) => [formatPath(parsePath(path)), type] as const)
      this.#specs.set(name, { fields: Object.fromEntries(stored) })
      this.#derived.declare(name, spec)
      // The first document of such fields needs it; whoever writes that gets a failure.
      if (stored.some(([, type]) => hasFacets(type))) this.#cells.load().catch(() => undefined)
      // Whoever declares indexes is about to ask by them; the first query of such a database gets a failure.
      if (spec.indexes?.length) this.#parts.queries().catch(() => undefined)
    }
    this.#derived.wake()
  }

  stage(): StagedWrites {
    this.#current?.lsm.expectAppend()
    return new Stage()
  }

  async write(ops: readonly WriteOp[] | StagedWrites, durability?: Durability): Promise<Receipt> {
    const admitted = admitOps(ops)
    const { writer } = await this.#running()
    const receipt = await this.#submit(writer, { ops: admitted, reads: undefined }, durability)
    if (receipt === undefined) throw new FixpointError("INTERNAL", "A write without reads became stale.")
    return receipt
  }

  get(collection: string, ids: readonly string[]): Promise<(VersionedText | undefined)[]> {
    return this.#byIds(readDocuments, collection, ids)
  }

  texts(collection: string, ids: readonly string[]): Promise<(string | undefined)[]> {
    return this.#byIds(readTexts, collection, ids)
  }

  async #byIds<T>(read: ReadByIds<T>, collection: string, ids: readonly string[]): Promise<(T | undefined)[]> {
    checkCollection(collection)
    const checked = ids.map(checkId)
    const running = await this.#running()
    return await running.steadily(() => read(running, collection, checked))
  }

  async getAhead(collection: string, from: string): Promise<DocumentLines | undefined> {
    checkCollection(collection)
    const running = await this.#running()
    if (running.ledger.count(collection) > limits.readAheadDocumentsMax) return undefined
    return await running.steadily(() => readAhead(running, collection, from))
  }

  async query(spec: QuerySpec): Promise<QueryResult> {
    checkCollection(spec.collection)
    const running = await this.#running()
    const run = isPlain(spec) ? findPlain : (await this.#parts.queries()).findForm
    const result = await running.steadily(() => measured(running, () => run(running, spec)))
    const { ms, rowsReturned } = result.stats
    this.#tell({ event: "metric", name: "query", ms, count: rowsReturned })
    return result
  }

  async explain(spec: QuerySpec | FindSpec): Promise<QueryStats> {
    return (await ("kind" in spec ? this.find(spec) : this.query(spec))).stats
  }

  async find(spec: FindSpec): Promise<FindResult> {
    checkCollection(spec.collection)
    const running = await this.#running()
    const keeping = await this.#derived.ready()
    return await running.steadily(() => keeping.find(spec, running))
  }

  watch(spec: QuerySpec | FindSpec, listener: (step: LiveStep) => void): () => void {
    checkCollection(spec.collection)
    let unmount: (() => void) | undefined
    let stopped = false
    const mount = async () => {
      const running = await this.#running()
      if ("kind" in spec) unmount = await (await this.#derived.ready()).watch(spec, running, listener)
      else {
        const make = isPlain(spec) ? livePlain : (await this.#parts.queries()).liveForm
        unmount = running.live.mount(make(spec, running), listener)
      }
      if (stopped) unmount()
    }
    mount().catch((error: unknown) => {
      if (!stopped) listener({ kind: "error", error: asFixpointError(error).toJSON() })
    })
    return () => {
      stopped = true
      unmount?.()
    }
  }

  async changes(collection: string, since: string | undefined): Promise<ChangePage> {
    checkCollection(collection)
    const running = await this.#running()
    const { readChanges } = await this.#parts.queries()
    return await running.steadily(() => readChanges(running, running.identity.databaseId, collection, since))
  }

  async begin(): Promise<EngineTransaction> {
    const running = await this.#running()
    const { Transaction } = await this.#parts.transaction()
    const { writer } = running
    return new Transaction({
      ...running,
      cells: this.#cells,
      specs: this.#specs,
      self: () => writer.self,
      submit: (request, durability) => this.#submit(writer, request, durability),
    })
  }

  async part(name: PartName, verb: string, args: readonly unknown[]): Promise<unknown> {
    // The code comes while the database opens; a failure is told behind that.
    if (this.#current === undefined) this.#parts[name]().catch(() => undefined)
    const { doors } = await this.#running()
    // How long it is kept what documents were is known there.
    if (name === "history") await this.#derived.ready()
    return await doors.call(name, verb, args)
  }

  async check({ deep = false }: { readonly deep?: boolean }): Promise<CheckReport> {
    const { checkStore, checkDerived, checkFiles } = await this.#parts.check()
    try {
      const { lsm, ledger } = await this.#begun()
      const stored = await lsm.lend((parts) => checkStore(parts, { deep }))
      const ofFiles = stored.ok ? await checkFiles(lsm, { deep }) : []
      const report = { ...stored, ok: stored.ok && ofFiles.length === 0, findings: [...stored.findings, ...ofFiles] }
      // Entries over damaged blocks would only be told as damaged a second time.
      if (!deep || !report.ok || ledger.derived.isEmpty) return report
      const keeping = await this.#derived.ready()
      const damaged = await checkDerived(lsm, ledger, keeping.derivations)
      if (damaged.length > 0) void keeping.rebuild(damaged)
      const findings = [...report.findings, ...damaged.map(indexFinding), ...(await keeping.duplicates())]
      return { ...report, ok: damaged.length === 0, findings }
    } catch (error) {
      const { code, message, kind } = asFixpointError(error)
      if (kind === "closed" || kind === "bug" || code === "PART_UNAVAILABLE") throw error
      const findings = [{ code, where: "open", message }]
      return { ok: false, deep, findings, segments: 0, blocks: 0, logRecords: 0, rows: 0 }
    }
  }

  async stats(): Promise<EngineStats> {
    const { lsm, ledger, writer, live } = await this.#begun()
    const indexes = indexStats(ledger)
    return { ...lsm.stats(), documents: ledger.total, commits: writer.commits, liveQueries: live.size, indexes }
  }

  async compact(): Promise<void> {
    const running = await this.#running()
    await tendFiles(running, 0)
    await running.chores.compact()
  }

  async sync(): Promise<Sync> {
    const { root, lsm, writer, ledger, chores, identity, recovery, doors } = await this.#begun()
    const { host, name } = this.#options
    const { databaseId } = identity
    const barrier = (): Promise<void> => chores.barrier()
    const tell = (event: EngineEvent): void => this.#tell(event)
    const own = recovery && { onRound: (isBack: () => Promise<boolean>) => recovery.attempted(isBack) }
    const unnamedFiles: SyncParts["unnamedFiles"] = async (...asked) => {
      // How long a past is kept is not known before.
      await this.#derived.ready()
      return (await doors.call("files", "unnamed", asked)) as readonly string[]
    }
    const shared = { host, name, databaseId, root, lsm, writer, ledger }
    return await this.#syncDoor.open({ ...shared, barrier, unnamedFiles, tell, ...own })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async destroy(): Promise<void> {
    const { host, name, openStore, destroyStorage, keys } = this.#options
    const running = await this.#opening.catch(() => undefined)
    await this.close()
    if (running !== undefined) {
      // The store was closed with the rest: it is opened once more, to be removed.
      await (await openStore()).destroy()
      await keys.forget?.({ databaseId: running.identity.databaseId, host, storesKeys: false })
    } else await destroyStorage()
    await host.sentinel.remove(name)
    this.#log.info("destroyed")
  }

  async #close(): Promise<void> {
    const running = await this.#opening.catch(() => undefined)
    this.#setStatus({ state: "closed" })
    if (running === undefined) return
    await this.#syncDoor.close()
    await running.derived.close()
    await running.writer.close()
    await running.derived.close()
    running.hints.flush()
    running.channel.close()
    await running.chores.close()
    running.doors.close()
    running.lsm.close()
    await running.store.close()
  }

  async #submit(writer: Writer, request: CommitRequest, durability = this.#options.durability) {
    const { clock } = this.#options.host
    const started = clock.monotonic()
    const receipt = await writer.submit(request, durability)
    if (receipt !== undefined)
      this.#tell({ event: "metric", name: "commit", ms: clock.monotonic() - started, count: request.ops.length })
    return receipt
  }

  /** What runs, once it shows what the database holds. */
  async #running(): Promise<Running> {
    const running = await this.#begun()
    await running.recovery?.wait()
    return running
  }

  async #begun(): Promise<Running> {
    if (this.#closing !== undefined) throw new FixpointError("CLOSED")
    if (this.#lost !== undefined) throw this.#lost
    return await this.#opening
  }

  async #open(): Promise<Running> {
    const { host, name } = this.#options
    const started = host.clock.monotonic()
    try {
      const opened = await openDatabase({ ...this.#options, log: this.#log, isGarbage: (key) => this.#isGarbage(key) })
      const running = await this.#start(opened).catch(async (error: unknown) => {
        await opened.store.close()
        throw error
      })
      const device = running.writer.self
      const { ledger } = running
      const error = (opened.loss ?? opened.rolledBack)?.toJSON()
      const state = ledger.isRecovering ? "opening" : "ready"
      this.#setStatus({ state, persistence: opened.store.persistence, device, error })
      if (error !== undefined) this.#tell({ event: "error", error })
      const ms = host.clock.monotonic() - started
      this.#log.info("open", { db: name, ms, head: running.lsm.head })
      this.#tell({ event: "metric", name: "open", ms, count: 1 })
      return running
    } catch (thrown) {
      const error = asFixpointError(thrown)
      this.#setStatus({ state: "failed", error: error.toJSON() })
      throw error
    }
  }

  async #start(opened: Opened): Promise<Running> {
    const { host, name } = this.#options
    const running = await runDatabase(opened, {
      host,
      log: this.#log,
      name,
      ledger: this.#ledger,
      derived: this.#derived,
      cells: this.#cells,
      specs: this.#specs,
      horizon: (collection) => this.#derived.keeping?.horizon(collection) ?? 0,
      parts: { ...this.#parts, text: async () => await this.#textPart() },
      queries: this.#parts.queries,
      tell: (event) => this.#tell(event),
      fetchFile: (file, chunk) => this.#syncDoor.fetchFile(file, chunk),
      onCommitted: () => this.#syncDoor.committed(),
      onLost: (error) => {
        if (this.#current !== undefined) this.#lose(error, this.#current)
      },
      onRecovered: () => this.#setStatus({ state: "ready" }),
    })
    this.#current = running
    return running
  }

  async #textPart(): Promise<DoorEntry> {
    const { text, yjs } = this.#parts
    const { openTexts } = await text()
    return { open: (context) => openTexts(context, yjs) }
  }

  /** The storage is gone under an open engine: it shows nothing of it any more, and says why. */
  #lose(error: FixpointError, { live, chores }: Running): void {
    if (this.#lost !== undefined || this.#closing !== undefined) return
    this.#lost = error
    this.#setStatus({ state: "failed", error: error.toJSON() })
    this.#tell({ event: "error", error: error.toJSON() })
    live.fail(error)
    chores.abandon()
  }

  /** Entries of a derivation that is no more, and of a past that is not kept so long. */
  #isGarbage(key: Key): boolean {
    const derivation = derivationOf(key)
    if (derivation === undefined) return false
    return this.#ledger.derived.isGone(derivation) || this.#derived.keeping?.isOver(key) === true
  }

  #setStatus(change: Partial<EngineStatus>): void {
    this.#status = { ...this.#status, ...change }
    this.#tell({ event: "status", status: this.#status })
  }

  #tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
