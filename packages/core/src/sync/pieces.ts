/**
 * Looking after the files of a bucket. Owns: what of them is put back, and what goes.
 * Invariant: what a bucket has lost of a file comes back from every device that has the file whole and names it. A file goes when
 * nothing has named it for long, and all who may still write have told that they have seen what its finder had seen by then (R12):
 * whoever names it anew later asks first whether it is there. Of what is deleted in between, the next look finds it missing.
 * Must not know documents, nor what is in a piece.
 */
import { fileLookIntervalMs, fileLookRetryMs, forgottenFilesMax } from "../base/limits.ts"
import { coversAll, type VersionVector } from "../clock/version-vector.ts"
import type { ListedPack } from "./listing.ts"
import { lookBeforeTelling } from "./look.ts"
import { vectorOf } from "./memory.ts"
import { fileOfPiece } from "./names.ts"
import { sendFiles } from "./push.ts"
import { type ForgottenFiles, momentOf, type Session, type SessionFiles } from "./session.ts"
import { horizonOf, mayTell } from "./upkeep.ts"

/** So many pieces are deleted at one look, */
const deletionsMax = 1000
/** and so many of them at once. */
const deletionsAtOnce = 8

type Pieces = ReadonlyMap<string, readonly string[]>
type Found = ForgottenFiles["found"][number]

/** Looks at the files of the bucket, at once or when a day has passed since anybody here has. */
export async function tendPieces(session: Session, when: "now" | "daily"): Promise<void> {
  const { files, bucket, known, host } = session
  const isAsked = when === "now"
  const nowMs = host.clock.monotonic()
  if (files === undefined || (!isAsked && nowMs < known.filesDueMs)) return
  known.filesDueMs = nowMs + fileLookRetryMs
  const { sent, forgotten } = await files.survey()
  const { at, found } = forgotten ?? { at: bucket.nowMs(), found: [] }
  // Who is new to a bucket has other things to do, and no file yet that it could have lost.
  if (forgotten === undefined && !isAsked) await files.keep({ at, found })
  const sinceLookMs = Math.abs(bucket.nowMs() - at)
  if (!isAsked && sinceLookMs < fileLookIntervalMs) {
    known.filesDueMs = nowMs + fileLookIntervalMs - sinceLookMs
    return
  }
  const pieces = await bucket.listPieces()
  const lost = new Map([...sent].filter(([file, count]) => (pieces.get(file)?.length ?? 0) < count))
  if (lost.size > 0) {
    await files.forget(lost)
    await sendFiles(session)
  }
  await forget(session, files, pieces, found)
  known.filesDueMs = nowMs + fileLookIntervalMs
}

/** Notes what nothing names, and deletes what nothing has named for long enough. */
async function forget(session: Session, files: SessionFiles, pieces: Pieces, before: readonly Found[]): Promise<void> {
  const { bucket, rules, fileRetentionMs } = session
  const at = bucket.nowMs()
  const sight = await wholeSight(session)
  if (sight === undefined) return await files.keep({ at, found: before })
  const isRipe = (found: Found): boolean =>
    Math.abs(at - found.at) >= fileRetentionMs && rules.mayForget(found.seen, sight.horizon)
  const ripe = before.filter(isRipe).flatMap((found) => found.files)
  const noted = new Set(before.flatMap((found) => found.files))
  const unnoted = [...pieces.keys()].filter((file) => !noted.has(file))
  const unnamed = await files.unnamed([...ripe, ...unnoted])
  const isGoing = new Set(ripe)
  const going = unnamed.filter((file) => isGoing.has(file)).flatMap((file) => pieces.get(file) ?? [])
  await deleteAll(session, going.slice(0, deletionsMax))
  const waiting = new Set(going.slice(deletionsMax).map(fileOfPiece))
  const isLeft = (found: Found, file: string): boolean => pieces.has(file) && (isRipe(found) ? waiting.has(file) : true)
  const left = before.map((found) => ({ ...found, files: found.files.filter((file) => isLeft(found, file)) }))
  const room = forgottenFilesMax - left.reduce((sum, { files: { length } }) => sum + length, 0)
  const fresh = unnamed.filter((file) => !noted.has(file)).slice(0, Math.max(0, room))
  const found = [...left, { at, seen: sight.seen, files: fresh }].filter((one) => one.files.length > 0)
  await files.keep({ at, found })
}

/** What is left when this breaks off goes at a later look: a file is taken for whole by the count of its pieces. */
async function deleteAll({ bucket }: Session, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += deletionsAtOnce)
    await Promise.all(names.slice(from, from + deletionsAtOnce).map((name) => bucket.delete(name)))
}

/**
 * What this device has seen, and what everybody has; undefined where there is anything that it has not taken in or not published:
 * that may name a file.
 */
async function wholeSight(
  session: Session,
): Promise<{ readonly seen: VersionVector; readonly horizon: VersionVector } | undefined> {
  const { bucket, control } = session
  if (!(await bucket.capabilities()).strongList) return undefined
  const found = await lookBeforeTelling(session)
  const says = await control.read()
  const moment = await momentOf(session)
  if (found === undefined || !mayTell(moment, says)) return undefined
  const seen = vectorOf(moment.state.heads)
  const isSeen = ({ actor, lo }: ListedPack): boolean => {
    const seal = says.seals.get(actor)
    return lo < (seen[actor] ?? 0) || (seal !== undefined && lo >= (seal?.[0] ?? 0))
  }
  // What a damaged run or base holds can be in no pack any more.
  const isWhole =
    found.groups.length === found.listing.groups.filter(({ hasHeader }) => hasHeader).length &&
    [...found.listing.packs.values()].flat().every(isSeen) &&
    found.groups.every(({ group }) => coversAll(seen, vectorOf(group.heads)))
  return isWhole ? { seen, horizon: horizonOf(session, moment, says) } : undefined
}
