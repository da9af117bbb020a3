/**
 * Conflicts as the page asks for them. Owns: its verbs, what is told of a loss, and how one is decided.
 * Invariant: whoever chooses a loser writes it anew, as any write: that alone ends the conflict, here and, by sync, elsewhere.
 * The row of conflicts is tidied after that. Must not know how losses are found.
 */
import type { Authorship } from "../api/authorship.ts"
import type { Decision, LostWrite } from "../api/conflict.ts"
import type { Receipt, WriteOp } from "../api/write.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import { hlcToMs } from "../clock/hlc.ts"
import { compareStamps, formatStamp, type Stamp } from "../clock/stamp.ts"
import { rowKey } from "../codec/key.ts"
import { equalValues } from "../codec/order.ts"
import { readPath, splitPath } from "../codec/path.ts"
import { userPath } from "../codec/user-path.ts"
import { checkCollection, checkId } from "../codec/value.ts"
import { splitCellKey } from "../crdt/cell-key.ts"
import type { State } from "../crdt/cells.ts"
import { isRelated, type Losses, lossesSince, lostState, newestLost, noLosses } from "../crdt/losses.ts"
import { byLife } from "../crdt/lost-documents.ts"
import { rowState } from "../crdt/row-state.ts"
import { liveVersion } from "../crdt/row-view.ts"
import { viewState } from "../crdt/view.ts"
import { admitOps } from "../db/admit.ts"
import { conflictKey, formatConflicts, readConflicts } from "../db/conflict-rows.ts"
import type { Door, PartContext } from "../db/doors.ts"
import { readSteadily } from "../db/steady-read.ts"
import { rowOf } from "../db/stored-row.ts"

/** How often a choice is made again on top of what others wrote meanwhile. */
const attemptsMax = 16

/** Verbs: conflicts(collection, id), resolve(collection, id, decision). */
export function openConflicts(context: PartContext): Door {
  return {
    async call(verb, [first, second, third]) {
      const of: Place = { collection: checkCollection(first), id: checkId(second) }
      if (verb === "conflicts") return (await readKnown(context, of)).told
      if (verb === "resolve") return await resolve(context, of, checkedDecision(third))
      throw refused("verb")
    },
  }
}

interface Place {
  readonly collection: string
  readonly id: string
}

/** What stands in a document, and what gave way. */
interface Known {
  readonly row: string | undefined
  readonly told: readonly LostWrite[]
}

async function readKnown({ lsm, ledger, writer, host }: PartContext, { collection, id }: Place): Promise<Known> {
  const key = rowKey(collection, id)
  const read = async (): Promise<Known> => {
    const [stored, line] = await lsm.getMany([key, conflictKey(key)])
    const row = rowOf(stored)
    if (row === undefined || row === "") return { row, told: [] }
    const state = rowState(row, ledger)
    return { row, told: toldOf(state, lossesOf(line, state, host.clock.now())) }
  }
  return await readSteadily(read, () => writer.catchUp())
}

function lossesOf(line: string | undefined, state: State, nowMs: number): Losses {
  if (line === undefined) return noLosses(state.life)
  const { losses, hlc } = readConflicts(line, nowMs)
  return lossesSince(losses, state, hlc)
}

/** Losses with their values, newest first; one whose value stands there by now is none. */
function toldOf(state: State, { registers, documents }: Losses): LostWrite[] {
  const document = viewState(state)?.document
  const told: (LostWrite & { readonly lost: Stamp })[] = []
  for (const { path, cell } of registers) {
    const winner = document && readPath(document, splitPath(path))
    const loser = cell.value
    if (winner === loser || (winner !== undefined && loser !== undefined && equalValues(winner, loser))) continue
    const authors = authorsOf(newestAt(state, path) ?? cell.stamp, cell.stamp)
    told.push({ path: userPath(path), isDocument: false, winner, loser, authors, lost: cell.stamp })
  }
  // Of one life, the newest writes; what is below them is kept for the day on which somebody has seen those.
  for (const [one] of byLife(documents)) {
    if (one === undefined) continue
    const lost = newestLost(one)
    const loser = viewState(lostState(one))?.document ?? {}
    const won = state.dead ?? (state.life === 0 ? lost : state.life)
    told.push({ path: "", isDocument: true, winner: document, loser, authors: authorsOf(won, lost), lost })
  }
  const byTime = (a: (typeof told)[number], b: (typeof told)[number]): number =>
    compareStamps(b.lost, a.lost) || (a.path < b.path ? -1 : 1)
  return told.sort(byTime).map(({ lost: _, ...one }) => one)
}

/** The newest write at a path, above or below it. */
function newestAt({ cells }: State, path: string): Stamp | undefined {
  let newest: Stamp | undefined
  for (const [key, { stamp }] of cells)
    if (isRelated(splitCellKey(key).path, path) && (newest === undefined || compareStamps(stamp, newest) > 0))
      newest = stamp
  return newest
}

const authorsOf = (winner: Stamp, loser: Stamp) => ({ winner: authorship(winner), loser: authorship(loser) })

function authorship(stamp: Stamp): Authorship {
  return { stamp: formatStamp(stamp), atMs: hlcToMs(stamp.hlc), actor: stamp.actor }
}

/** The receipt of what was written; undefined where nothing was: the winner was chosen, or there is no such conflict any more. */
async function resolve(context: PartContext, of: Place, decision: Decision): Promise<Receipt | undefined> {
  const isIt = (one: LostWrite) =>
    one.path === decision.path && one.isDocument === decision.isDocument && one.authors.loser.stamp === decision.stamp
  let receipt: Receipt | undefined
  for (let attempt = 0; decision.choice === "loser" && receipt === undefined; attempt++) {
    if (attempt === attemptsMax) throw new FixpointError("CONFLICT", "The document was changed again and again.")
    const { row, told } = await readKnown(context, of)
    const lost = told.find(isIt)
    if (lost === undefined) return undefined
    const reads = { versions: new Map([[rowKey(of.collection, of.id), liveVersion(row)]]), collections: new Map() }
    const ops = admitOps([writeOf(of, lost)])
    receipt = await context.writer.submit({ ops, reads }, decision.durability ?? "relaxed")
  }
  await forget(context, of, decision)
  return receipt
}

/** The write that puts a loser in its place again. */
function writeOf(of: Place, { path, isDocument, loser }: LostWrite): WriteOp {
  if (isDocument) return { op: "put", ...of, text: JSON.stringify(loser as JsonObject) }
  return { op: "patch", ...of, entries: [[path, loser as Json | undefined]] }
}

/** Lets a conflict go, with all that are over. */
async function forget({ writer, ledger }: PartContext, { collection, id }: Place, decision: Decision): Promise<void> {
  const key = rowKey(collection, id)
  await writer.run({
    durability: decision.durability ?? "relaxed",
    async prepare({ read, nowMs }) {
      const [stored, line] = await read([key, conflictKey(key)])
      const row = rowOf(stored)
      if (line === undefined) return { result: undefined }
      const known = row ? lossesOf(line, rowState(row, ledger), nowMs) : noLosses(0)
      const isIt = (stamp: Stamp) => formatStamp(stamp) === decision.stamp
      const losses: Losses = {
        life: known.life,
        registers: known.registers.filter(
          ({ path, cell }) => decision.isDocument || userPath(path) !== decision.path || !isIt(cell.stamp),
        ),
        documents: byLife(known.documents)
          .filter(([one]) => !decision.isDocument || one === undefined || !isIt(newestLost(one)))
          .flat(),
      }
      const text = formatConflicts({ hlc: ledger.hlc, losses }, nowMs)
      return { result: undefined, record: { entries: [[conflictKey(key), text ?? null]] } }
    },
  })
}

function checkedDecision(given: unknown): Decision {
  const { path, isDocument, stamp, choice, durability } = (given ?? {}) as Partial<Decision>
  if (typeof path !== "string") throw refused("path")
  if (typeof isDocument !== "boolean") throw refused("isDocument")
  if (typeof stamp !== "string") throw refused("stamp")
  if (choice !== "winner" && choice !== "loser") throw refused("choice")
  if (durability !== undefined && durability !== "strict" && durability !== "relaxed") throw refused("durability")
  return { path, isDocument, stamp, choice, durability }
}

function refused(path: string): FixpointError {
  return new FixpointError("INVALID_ARGUMENT", `Conflicts were asked without a valid ${path}.`, { details: { path } })
}
