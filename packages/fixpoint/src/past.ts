/**
 * The past as an application asks for it. Loaded with the first question. Owns: moments and steps as they are given, and how an old
 * document is written again. Must not know how the past is kept.
 */
import type { Authorship, DocumentText, FieldChange, HistoryStep, QueryResult, WriteOp } from "@fixpoint/core"
import { checkCollection, checkId, decodeDocument, decodeValue, type FileValues } from "@fixpoint/core/codec"
import type { Lane } from "./lane.ts"
import type { Author, PastChange, PastStep, When } from "./past-seam.ts"
import { refused } from "./refused.ts"
import type { QueryDescription, Receipt, Work, WriteOptions } from "./scope.ts"
import { mapInSlices } from "./slices.ts"
import { specOf } from "./where.ts"

/** What the past is asked over, and what shows files in it. */
export interface PastReading {
  readonly lane: Lane
  readonly files: FileValues
}

/** The questions about the past. */
export type PastWork = {
  readonly [M in "history" | "asOf" | "blame" | "restore" | "undelete" | "queryAsOf"]: (
    reading: PastReading,
    ...asked: Parameters<Work[M]>
  ) => ReturnType<Work[M]>
}

/** Asks them. */
export const past: PastWork = {
  async history({ lane, files }, collection, [id, { limit, before }], options) {
    const steps = (await ask(lane, "history", [...at(collection, id), { limit, before }], options)) as HistoryStep[]
    return await mapInSlices(steps, (step) => stepOf(step, files), options)
  },

  async asOf({ lane, files }, collection, [id, when], options) {
    const text = await documentAt(lane, [...at(collection, id), momentOf(when)], options)
    return text === undefined ? undefined : decodeDocument(id, text, files)
  },

  async blame({ lane }, collection, [id], options) {
    const fields = (await ask(lane, "blame", at(collection, id), options)) as Readonly<Record<string, Authorship>>
    return Object.fromEntries(Object.entries(fields).map(([path, one]) => [path, authorOf(one)]))
  },

  async restore({ lane }, collection, [id, when], options) {
    const [of, own] = at(collection, id)
    const text = await documentAt(lane, [of, own, momentOf(when)], options)
    const gone = { op: "delete", collection: of, id: own } as const
    return await write(lane, text === undefined ? gone : { ...gone, op: "put", text }, options)
  },

  async undelete({ lane }, collection, [id], options) {
    const [of, own] = at(collection, id)
    const [found] = await lane.read(of, [own], options)
    const text = found === undefined ? ((await ask(lane, "last", [of, own], options)) as string | undefined) : undefined
    return text === undefined ? undefined : await write(lane, { op: "put", collection: of, id: own, text }, options)
  },

  async queryAsOf({ lane, files }, query, [when], options) {
    const asked = [specOf(query as QueryDescription), momentOf(when)]
    const { documents } = (await ask(lane, "query", asked, options)) as Pick<QueryResult, "documents">
    return await mapInSlices(documents, ({ id, text }: DocumentText) => decodeDocument(id, text, files), options)
  },
}

function at(collection: string, id: string): [collection: string, id: string] {
  return [checkCollection(collection), checkId(id)]
}

function ask(lane: Lane, verb: string, args: readonly unknown[], options: WriteOptions): Promise<unknown> {
  return lane.outside("part", ["history", verb, args], options)
}

async function documentAt(lane: Lane, args: readonly unknown[], options: WriteOptions): Promise<string | undefined> {
  return (await ask(lane, "asOf", args, options)) as string | undefined
}

async function write(lane: Lane, op: WriteOp, options: WriteOptions): Promise<Receipt> {
  return await lane.write(() => [op], options)
}

/** A moment as the engine takes it: a stamp, or milliseconds. */
function momentOf(when: When): string | number {
  if (typeof when === "string") return when
  const ms = when instanceof Date ? when.getTime() : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw refused("when", "A moment is a Date, or the stamp of a commit.")
}

const authorOf = ({ stamp, atMs, actor }: Authorship): Author => ({ stamp, at: new Date(atMs), actor })

const stepOf = (step: HistoryStep, files: FileValues): PastStep => ({
  ...authorOf(step),
  exists: step.exists,
  changes: step.changes.map((change) => changeOf(change, files)),
})

const changeOf = ({ path, before, after }: FieldChange, files: FileValues): PastChange => ({
  path,
  before: before === undefined ? undefined : decodeValue(before, files),
  after: after === undefined ? undefined : decodeValue(after, files),
})
