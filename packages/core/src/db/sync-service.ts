/**
 * The sync of one database in one tab. Owns: its replica, its links, and who waits for a remote to have a commit.
 * Invariant: a commit counts as synced when a remote has acknowledged the pack that holds it. Must not know what remotes are.
 */
import type { EngineEvent } from "../api/engine-event.ts"
import type { Digest, Remote, RemoteLink, Sync, SyncStatus } from "../api/sync.ts"
import { asFixpointError, FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import type { Logger } from "../base/log.ts"
import { parseStamp, type Stamp } from "../clock/stamp.ts"
import { rowsRange } from "../codec/key.ts"
import { rowState } from "../crdt/row-state.ts"
import { createSpaceKeys } from "../crypto/space-keys.ts"
import { fileSegmentBase } from "../lsm/block-key.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Gateway } from "../sync/gateway.ts"
import { pieceName } from "../sync/names.ts"
import { StateDigest } from "../sync/digest.ts"
import { Machine, type MachineParts } from "../sync/machine.ts"
import { noteOf, vectorOf } from "../sync/memory.ts"
import type { ObjectCodec } from "../sync/objects.ts"
import type { ReplicaState } from "../sync/replica.ts"
import { createSpaceCodec } from "../sync/space-codec.ts"
import type { Ledger } from "./ledger.ts"
import { type Rounds, SyncLink } from "./remote-link.ts"
import { filesOf } from "./remote-files.ts"
import { LineReplica } from "./replica.ts"
import { rowOf } from "./stored-row.ts"
import type { Writer } from "./writer.ts"

/** What the sync of a database is made of. */
export interface SyncParts {
  readonly host: Host
  /** Name of the database: with the root, it names the space in a bucket. */
  readonly name: string
  readonly databaseId: string
  readonly root: CryptoKey
  readonly lsm: Lsm
  readonly writer: Writer
  readonly ledger: Ledger
  barrier(): Promise<void>
  /** Those of files that nothing names here; or anywhere, as far as this device can tell. */
  unnamedFiles(files: readonly string[], isAnywhere: boolean): Promise<readonly string[]>
  tell(event: EngineEvent): void
  /** Where it matters: a round with a remote has ended, well or not; `isBack` tells whether others' writes are here. */
  readonly onRound?: (isBack: () => Promise<boolean>) => Promise<void>
  /** Drives the protocol with a remote; a machine where nothing else is said. */
  readonly makeRounds?: (parts: MachineParts) => Rounds
}

/** The sync of a database, as its engine keeps it. */
export interface RunningSync extends Sync {
  /** This tab has written. */
  committed(): void
  /** A piece of a file, its root where no chunk is named, from the first remote that has it. */
  fetchFile(file: string, chunk?: number): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** Begins the sync of a database; it has no remote yet. */
export async function startSync(parts: SyncParts): Promise<RunningSync> {
  const { host, root, name } = parts
  const keys = await createSpaceKeys(host.crypto, root, name)
  return new SyncService(parts, createSpaceCodec({ host, keys }))
}

interface Waiter {
  readonly stamp: Stamp
  resolve(): void
  reject(error: FixpointError): void
}

class SyncService implements RunningSync {
  readonly #parts: SyncParts
  readonly #codec: ObjectCodec
  readonly #log: Logger
  readonly #replica: LineReplica
  readonly #links = new Map<string, SyncLink>()
  readonly #gateways = new Map<string, Gateway>()
  readonly #waiters = new Set<Waiter>()
  #isLooking = false
  #isLookingAgain = false
  /** The newest commit that links were told of. */
  #told = 0

  constructor(parts: SyncParts, codec: ObjectCodec) {
    const { writer, ledger, host, barrier } = parts
    this.#parts = parts
    this.#codec = codec
    this.#log = host.log("sync")
    this.#replica = new LineReplica({
      writer,
      ledger,
      barrier,
      newFileSegment: () => fileSegmentBase + new DataView(host.random(4).buffer).getUint32(0),
    })
  }

  attach(remote: Remote, onStatus: (status: SyncStatus) => void): RemoteLink {
    const { host, databaseId, tell, lsm, writer, unnamedFiles } = this.#parts
    const { makeRounds = (machine) => new Machine(machine) } = this.#parts
    const name = this.#freeName(remote.gateway.name)
    const codec = this.#codec
    const replica = this.#replica
    const link = new SyncLink({
      host,
      log: this.#log,
      remote,
      name: `fixpoint-sync-${databaseId}-${name}`,
      makeRounds: (gateway, onProgress) =>
        makeRounds({
          replica,
          gateway,
          onProgress,
          codec,
          host,
          remote: name,
          files: filesOf({ crypto: host.crypto, lsm, writer, unnamed: unnamedFiles }, name),
          tell: ({ code, actor }) => {
            const details = { remote: name, ...(actor !== undefined && { actor }) }
            tell({ event: "error", error: new FixpointError(code, undefined, { details }).toJSON() })
          },
        }),
      position: async () => {
        const state = await replica.read()
        const mark = Object.entries(state.heads).map(([actor, [hlc]]) => `${actor} ${hlc}`)
        return { pending: pendingFor(state, name), mark: mark.join() }
      },
      onStatus,
      onRound: () => void this.#ended(),
      onEnd: () => {
        this.#links.delete(name)
        this.#gateways.delete(name)
        if (this.#links.size === 0) this.#off()
      },
    })
    this.#links.set(name, link)
    this.#gateways.set(name, remote.gateway)
    return link
  }

  async synced(text: string | undefined): Promise<void> {
    const { writer, ledger } = this.#parts
    const stamp = text === undefined ? { hlc: ledger.wrote, actor: writer.self } : parseStamp(text)
    if (stamp === undefined)
      throw new FixpointError("INVALID_ARGUMENT", "synced takes a receipt.", { details: { path: "receipt" } })
    if (this.#links.size === 0) throw new FixpointError("SYNC_OFF")
    const done = new Promise<void>((resolve, reject) => this.#waiters.add({ stamp, resolve, reject }))
    // Whoever waits is not made to wait for the clock; how a round fails is in the status of its link.
    for (const link of this.#links.values()) if (!this.#isStopped(link)) link.sync().catch(() => undefined)
    this.#look()
    await done
  }

  async digest(): Promise<Digest> {
    const { lsm, ledger, writer } = this.#parts
    const { heads } = await this.#replica.read()
    const digest = new StateDigest()
    for await (const batch of lsm.scan(rowsRange))
      for (const [key, line] of batch) digest.add(key, rowState(rowOf(line), ledger))
    const own = ledger.wrote > 0 ? { [writer.self]: Math.max(ledger.wrote, heads[writer.self]?.[0] ?? 0) } : {}
    return { digest: digest.text, versions: { ...vectorOf(heads), ...own } }
  }

  attend(isVisible: boolean): void {
    for (const link of this.#links.values()) link.attend(isVisible)
  }

  committed(): void {
    const { wrote } = this.#parts.ledger
    // Records of the sync itself are no commits.
    if (wrote <= this.#told) return
    this.#told = wrote
    for (const link of this.#links.values()) link.committed()
  }

  /** Bytes that nobody else has. */
  async fetchFile(file: string, chunk?: number): Promise<Uint8Array | undefined> {
    let failure: FixpointError | undefined
    for (const gateway of this.#gateways.values())
      try {
        const found = await gateway.get(`${this.#codec.space}/${pieceName(file, chunk)}`)
        if (found.kind !== "found") continue
        // What was found is given also where the remote cannot be asked what it keeps.
        const { copies } = await gateway.capabilities().catch(() => ({ copies: false }))
        return copies === true ? found.body : found.body.slice()
      } catch (error) {
        // Another one may have it.
        failure ??= asFixpointError(error)
      }
    if (failure !== undefined) throw failure
    return undefined
  }

  async close(): Promise<void> {
    this.#off()
    await Promise.all([...this.#links.values()].map((link) => link.detach()))
  }

  /** A round has ended, here or in another tab. */
  async #ended(): Promise<void> {
    this.#look()
    const { onRound } = this.#parts
    if (onRound === undefined) return
    try {
      await onRound(async () => {
        const { heads, incarnation } = await this.#replica.read()
        return Object.keys(heads).some((actor) => actor !== incarnation?.actor)
      })
    } catch (error) {
      this.#log.debug("cannot see what a round has brought", { reason: String(error) })
    }
  }

  #isStopped(link: SyncLink): boolean {
    return ["stopped", "auth", "offline"].includes(link.status().state)
  }

  /** Two buckets of one name are told apart by the order in which they are attached. */
  #freeName(name: string): string {
    let free = name
    for (let n = 2; this.#links.has(free); n++) free = `${name} ${n}`
    return free
  }

  #off(): void {
    for (const waiter of this.#waiters) waiter.reject(new FixpointError("SYNC_OFF"))
    this.#waiters.clear()
  }

  /** Sees who has waited long enough. */
  #look(): void {
    if (this.#waiters.size === 0) return
    this.#isLookingAgain = this.#isLooking
    if (!this.#isLooking) void this.#settle()
  }

  async #settle(): Promise<void> {
    this.#isLooking = true
    try {
      const state = await this.#replica.read()
      for (const waiter of this.#waiters)
        if ([...this.#links.keys()].some((remote) => hasRemote(state, remote, waiter.stamp))) {
          this.#waiters.delete(waiter)
          waiter.resolve()
        }
    } catch (error) {
      this.#log.debug("cannot see what is synced", { reason: String(error) })
    } finally {
      this.#isLooking = false
      if (this.#isLookingAgain) this.#look()
    }
  }
}

/** How many batches a remote has not acknowledged: packs that were cut, and what was written since. */
function pendingFor(state: ReplicaState, remote: string): number {
  const sent = sentTo(state, remote)
  const self = state.incarnation?.actor
  const waiting = state.outbox.filter(({ actor, hi }) => actor === self && hi > sent).length
  return waiting + Number(state.hasUncut || state.hasVoid)
}

function hasRemote(state: ReplicaState, remote: string, { hlc, actor }: Stamp): boolean {
  if (state.hasVoid || state.incarnation === undefined) return hlc === 0
  if (actor === state.incarnation.actor) return hlc <= sentTo(state, remote)
  // The commit is under another actor by now, and so is its time.
  return pendingFor(state, remote) === 0
}

function sentTo(state: ReplicaState, remote: string): number {
  const { actor, sent } = noteOf(state, remote)
  return actor === state.incarnation?.actor ? (sent?.[0] ?? 0) : 0
}
