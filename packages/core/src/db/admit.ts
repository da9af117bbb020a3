/**
 * The engine's own door: checks writes that come over the worker boundary. Owns: the form of a write.
 * Invariant: nothing that is not a well-formed write of storable values gets past; a refused call changes nothing.
 * Must not know rows or storage.
 */
import type { StagedWrites, WriteOp } from "../api/write.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json, JsonObject } from "../base/json.ts"
import * as limits from "../base/limits.ts"
import { checkEncoded, parseDocumentText } from "../codec/document.ts"
import { type Key, rowKey } from "../codec/key.ts"
import { formatPath, parsePath } from "../codec/path.ts"
import { checkCollection, checkId } from "../codec/value.ts"

/** A write that may be applied: its row, and the document that it carries, where that is kept. */
export interface AdmittedOp {
  readonly op: WriteOp
  readonly key: Key
  readonly parsed: JsonObject | undefined
}

/** Of more writes than this, documents are not kept: to parse again those that are asked for costs less than their memory. */
const keptMax = 1_000

const refuse = (path: string, message: string): never => {
  throw new FixpointError("INVALID_ARGUMENT", message, { details: { path } })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null

function admitPath(path: unknown): string {
  if (typeof path !== "string") return refuse("path", "A path is a string.")
  return formatPath(parsePath(path))
}

function admitEntries(entries: unknown): (readonly [string, Json | undefined])[] {
  if (!Array.isArray(entries)) return refuse("entries", "A patch is a list of paths and values.")
  return entries.map((entry: unknown) => {
    if (!Array.isArray(entry)) return refuse("entries", "A patch is a list of paths and values.")
    const [path, value] = entry as readonly unknown[]
    const own = admitPath(path)
    if (value !== undefined) checkEncoded(value, own)
    return [own, value as Json | undefined]
  })
}

/** Checks one write. Values must be encoded; throws what the page would have thrown for the same fault. */
function admitOp(candidate: unknown, last: AdmittedOp | undefined): AdmittedOp {
  if (!isRecord(candidate)) return refuse("op", "A write is an object.")
  const given = candidate["collection"]
  const collection = last !== undefined && given === last.op.collection ? last.op.collection : checkCollection(given)
  const id = checkId(candidate["id"])
  const key = rowKey(collection, id)
  const own = { collection, id }
  switch (candidate["op"]) {
    case "put":
    case "insert":
    case "replace": {
      const { op, text, version } = candidate
      if (typeof text !== "string") return refuse("text", "A document crosses as text.")
      const parsed = parseDocumentText(text)
      if (op !== "replace") return { op: { op, ...own, text }, key, parsed }
      if (version !== undefined && typeof version !== "string") return refuse("version", "A version is a string.")
      return { op: { op, ...own, text, version }, key, parsed }
    }
    case "patch":
      return { op: { op: "patch", ...own, entries: admitEntries(candidate["entries"]) }, key, parsed: undefined }
    case "increment": {
      const { by } = candidate
      if (typeof by !== "number" || !Number.isFinite(by)) return refuse("by", "A counter moves by a finite number.")
      return { op: { op: "increment", ...own, path: admitPath(candidate["path"]), by }, key, parsed: undefined }
    }
    case "add":
    case "remove": {
      const { op, element } = candidate
      checkEncoded(element, "element")
      return {
        op: { op, ...own, path: admitPath(candidate["path"]), element: element as Json },
        key,
        parsed: undefined,
      }
    }
    case "delete":
      return { op: { op: "delete", ...own }, key, parsed: undefined }
    default:
      return refuse("op", "There is no such write.")
  }
}

/** Refuses a transaction of too many writes. */
export function checkWriteCount(count: number): void {
  if (count > limits.transactionWritesMax)
    throw new FixpointError("LIMIT_SIZE", `A transaction of ${count} writes is too large.`, {
      details: { path: "ops", size: count, max: limits.transactionWritesMax },
    })
}

/** Checks all writes of one commit; those that came in parts have been checked. */
export function admitOps(candidates: unknown): readonly AdmittedOp[] {
  const stage = candidates instanceof Stage ? candidates : new Stage()
  if (stage !== candidates) stage.add(candidates)
  return stage.take()
}

/** Writes of one commit that come in parts: each part is checked when it comes, while the next one is on its way. */
export class Stage implements StagedWrites {
  #admitted: AdmittedOp[] = []
  #failure: { readonly error: unknown } | undefined

  add(candidates: unknown): void {
    if (this.#failure !== undefined) return
    try {
      this.#take(candidates)
    } catch (error) {
      this.#failure = { error }
      this.#admitted = []
    }
  }

  /** All of them; throws what the first part was refused for that was refused. */
  take(): readonly AdmittedOp[] {
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#admitted
  }

  #take(candidates: unknown): void {
    if (!Array.isArray(candidates)) return refuse("ops", "Writes are a list.")
    const count = this.#admitted.length + candidates.length
    checkWriteCount(count)
    let last = this.#admitted.at(-1)
    for (const candidate of candidates) {
      const admitted = admitOp(candidate, last)
      last = count > keptMax ? { ...admitted, parsed: undefined } : admitted
      this.#admitted.push(last)
    }
  }
}
