/**
 * Yjs updates from elsewhere, taken in without trusting them. Owns: the bounds of one update, and its trial.
 * Run-length codes let a few bytes claim endless structs: the decoder counts them. An update that is wrong in its middle would
 * leave a document half changed: it is decoded whole in a document of its own first, and what throws is never applied. Whoever
 * throws such a document away can do without the trial.
 * Invariant: `mergeUpdatesV2` never sees bytes that another device wrote. Source of the attacks: yjs#687, yjs#498.
 * Must not know where updates come from.
 */
import * as Y from "yjs"
import { FixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"

/**
 * Decodes the encoding V2, up to a number of structs: what has content has a byte of it, and what has none lies between, as
 * neighbours without content are one.
 */
class BoundedDecoder extends Y.UpdateDecoderV2 {
  #left: number

  constructor(decoder: ConstructorParameters<typeof Y.UpdateDecoderV2>[0]) {
    super(decoder)
    this.#left = Math.min(limits.textStructsMax, 64 + 4 * decoder.arr.length)
  }

  override readInfo(): number {
    if (--this.#left < 0)
      throw new FixpointError("LIMIT_SIZE", "An update of a text has too many parts.", {
        details: { path: "update", max: limits.textStructsMax },
      })
    return super.readInfo()
  }
}

/** Applies an update whole or not at all; LIMIT_SIZE or INVALID_ARGUMENT when it is not applied. */
export function applyGuarded(doc: Y.Doc, update: Uint8Array, origin: unknown): void {
  const trial = new Y.Doc()
  try {
    applyBounded(trial, update, undefined)
  } catch (error) {
    if (error instanceof FixpointError) throw error
    throw new FixpointError("INVALID_ARGUMENT", "An update of a text cannot be read.", {
      details: { path: "update", reason: String(error) },
    })
  } finally {
    trial.destroy()
  }
  applyBounded(doc, update, origin)
}

/** Applies an update within its bounds, LIMIT_SIZE otherwise; a document in which this has thrown is not to be trusted. */
export function applyBounded(doc: Y.Doc, update: Uint8Array, origin: unknown): void {
  const size = update.length
  if (size > limits.textUpdateBytesMax)
    throw new FixpointError("LIMIT_SIZE", `An update of a text has ${size} bytes.`, {
      details: { path: "update", size, max: limits.textUpdateBytesMax },
    })
  Y.applyUpdateV2(doc, update, origin, BoundedDecoder)
}
