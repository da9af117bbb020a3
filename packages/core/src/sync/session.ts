/**
 * One tab's work with one remote. Owns: the parts that the steps of the machine share, and what is known of the remote that
 * need not survive. Invariant: everything here can be forgotten: it is found again by asking the bucket.
 * Must not know the order of steps (machine.ts).
 */
import type { Bytes } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import type { VersionVector } from "../clock/version-vector.ts"
import type { Bucket } from "./bucket.ts"
import type { ControlLog } from "./control.ts"
import type { Doorbell } from "./objects.ts"
import { type Memory, memoryOf, noteOf, type RemoteNote, toJson } from "./memory.ts"
import type { Heads, Incarnation, Replica, ReplicaState } from "./replica.ts"
import type { Rules } from "./rules.ts"

/** What steps work with. */
export interface Session {
  readonly replica: Replica
  readonly bucket: Bucket
  readonly control: ControlLog
  readonly rules: Rules
  /** The name of the remote, under which the replica keeps its note. */
  readonly remote: string
  readonly host: Pick<Host, "clock" | "random">
  /** The files of the database; absent where it keeps none. */
  readonly files?: SessionFiles | undefined
  /** How long what nothing names stays in the bucket. */
  readonly fileRetentionMs: number
  /** How long what is replaced stays there. */
  readonly packRetentionMs: number
  readonly known: Recollection
  /** How much of what others wrote is here by now. */
  onProgress?(progress: IntakeProgress): void
}

/** Bytes of objects that are taken in, of those that a round has found so far. */
export interface IntakeProgress {
  readonly done: number
  readonly total: number
}

/** Files as the protocol sees them: pieces of bytes that documents name, and that a bucket must have before a pack names them. */
export interface SessionFiles {
  /** Puts all pieces that the remote lacks; gives the damage that keeps one from being sent. */
  send(remote: PieceStore): Promise<FixpointError | undefined>
  /** The remote may have lost what it had, of all files or of these: of each, no more than it was known to have. */
  forget(files?: ReadonlyMap<string, number>): Promise<void>
  /** What is known of the files of the remote. */
  survey(): Promise<FileSurvey>
  /** Those that nothing names anywhere, as far as this device can tell. */
  unnamed(files: readonly string[]): Promise<readonly string[]>
  /** Keeps what was found of files that nothing names. */
  keep(note: ForgottenFiles): Promise<void>
}

/** Where pieces of files go: the root of a file by its CID, each of several chunks by its number besides. */
export interface PieceStore {
  /** Whether what was put is nobody's afterwards. */
  readonly copies: boolean
  put(file: string, chunk: number | undefined, bytes: Bytes): Promise<unknown>
  /** How many pieces of a file are there. */
  count(file: string): Promise<number>
}

/** What a device knows of the files of a remote. */
export interface FileSurvey {
  /** Of files that are whole here and named: how many pieces were put, or known to be there. */
  readonly sent: ReadonlyMap<string, number>
  /** Undefined where the remote was never looked at for them. */
  readonly forgotten: ForgottenFiles | undefined
}

/** Files of a remote that nothing names. */
export interface ForgottenFiles {
  /** When the remote was looked at, in ms of wall time by the remote's clock. */
  readonly at: number
  /** What was found at one look, and what this device had seen of everybody then. */
  readonly found: readonly { readonly at: number; readonly seen: VersionVector; readonly files: readonly string[] }[]
}

/** What a session remembers of its remote. */
export interface Recollection {
  /** The doorbell as it was when everything that it told of was taken in. */
  bell: { readonly etag: string; readonly content: Doorbell } | undefined
  /** The own packs that the doorbell was last rung for. */
  rung: Doorbell["recent"] | undefined
  /** The hash of the last pack that this session cut, and the heads that it told of. */
  lastCut: { readonly hash: string; readonly heads: Heads } | undefined
  /** When the last complete look at the bucket was, by the monotonic clock; undefined for never. */
  listedAtMs: number | undefined
  /** When its files are to be looked at, by the monotonic clock, unless it is known then that somebody here has done so. */
  filesDueMs: number
  /** Since when something cannot be taken in for want of something else. */
  gapSinceMs: number | undefined
  /** The bucket lacks what this device has. */
  needsHealing: boolean
  /** The bucket lacks entries of the control log that this device has. */
  lacksControl: boolean
  /** What the round under way takes in. */
  intake: IntakeProgress
  /** Bytes that were published as packs since the bucket was last compacted from here. */
  looseBytes: number
  /** Findings that were told and still hold. */
  readonly told: Set<string>
}

/** The state of a step: all that is decided on one revision. */
export interface Moment {
  readonly state: ReplicaState
  readonly memory: Memory
  readonly note: RemoteNote
}

/** The replica, or the bucket, moved on under a step: the round begins again. */
export function outrun(why: string): FixpointError {
  return new FixpointError("CONFLICT", why)
}

/** Nothing known. */
export function newRecollection(): Recollection {
  return {
    bell: undefined,
    rung: undefined,
    lastCut: undefined,
    listedAtMs: undefined,
    filesDueMs: Number.NEGATIVE_INFINITY,
    gapSinceMs: undefined,
    needsHealing: false,
    lacksControl: false,
    intake: { done: 0, total: 0 },
    looseBytes: 0,
    told: new Set(),
  }
}

/** The state now. */
export async function momentOf({ replica, remote }: Session): Promise<Moment> {
  const state = await replica.read()
  return { state, memory: memoryOf(state), note: noteOf(state, remote) }
}

/** Keeps what was read of the control log: this device may be the one that has to put it back. */
export async function rememberControl(session: Session): Promise<void> {
  const { replica, remote, control } = session
  for (;;) {
    const { state, note } = await momentOf(session)
    if (note.control.length >= control.count) return
    const notes = { [remote]: toJson({ ...note, control: control.stored }) }
    if ((await replica.remember(state.revision, { notes })) === "done") return
  }
}

/** The incarnation in force. It is there after the first step of a round. */
export function selfOf({ incarnation }: ReplicaState): Incarnation {
  if (incarnation === undefined) throw outrun("no incarnation")
  return incarnation
}

/** There is more to take in. */
export function foundMore(session: Session, bytes: number): void {
  const { done, total } = session.known.intake
  tellIntake(session, { done, total: total + bytes })
}

/** Some of it is here. */
export function tookIn(session: Session, bytes: number): void {
  const { done, total } = session.known.intake
  tellIntake(session, { done: done + bytes, total })
}

function tellIntake(session: Session, intake: IntakeProgress): void {
  session.known.intake = intake
  session.onProgress?.(intake)
}

/** Tells a finding once, for as long as it holds. */
export function tellOnce({ bucket, known }: Session, code: Code, actor?: string): void {
  const key = `${code}/${actor ?? ""}`
  if (known.told.has(key)) return
  known.told.add(key)
  bucket.tell(actor === undefined ? { code } : { code, actor })
}
