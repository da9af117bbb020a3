/**
 * Vectors as a plug-in. Owns: the definition of a vector index, and its entries: "<id>", with the vector's bytes as base64.
 * Invariant: a document has an entry when its field holds as many finite numbers as the index has dimensions, not all of them
 * 0; any other value is not found, and no error. Must not know how vectors are searched.
 */
import type { VectorIndexSpec } from "../api/index-spec.ts"
import { fromBase64, toBase64 } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { fromOneByte, type Key, keySpaces, toOneByte } from "../codec/key.ts"
import type { Definition } from "../db/derived-table.ts"
import type { Plugin } from "../db/plugin.ts"
import { typeRank } from "../codec/order.ts"
import { canonicalPath, fieldReader } from "../query/filter.ts"
import type { DocumentView } from "../query/row-delta.ts"
import { bytesOfVector, quantize, type Vector, vectorOfBytes } from "./vector.ts"

const dimensionsMax = 8_192
const noBytes = { $: ["b", ""] }

/** The definition of an index of vectors. */
export function vectorDefinition(collection: string, { path, dimensions }: VectorIndexSpec): Definition {
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax)
    throw new FixpointError("INVALID_ARGUMENT", `Vectors have 1 to ${dimensionsMax} dimensions.`, { details: { path } })
  return { by: vectorPlugin.by, of: collection, what: { dimensions, path: canonicalPath(path) } }
}

/** The vector of a field's value: a list of numbers, or the bytes of a Float32Array, little end first. */
export function vectorOf(value: Json | undefined, dimensions: number): Vector | undefined {
  const numbers = Array.isArray(value) ? (value as readonly Json[]) : floatsOf(value)
  if (numbers?.length !== dimensions) return undefined
  return numbers.every((one) => typeof one === "number") ? quantize(numbers as readonly number[]) : undefined
}

function floatsOf(value: Json | undefined): readonly number[] | undefined {
  if (typeof value !== "object" || value === null || typeRank(value) !== typeRank(noBytes)) return undefined
  const bytes = fromBase64((value as { readonly $: readonly [kind: "b", content: string] }).$[1])
  const view = new DataView(bytes.buffer)
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true))
}

/** The document and the vector of an entry. */
export const readVectorEntry = (key: Key, value: string): readonly [id: string, vector: Vector] => [
  fromOneByte(key),
  vectorOfBytes(fromBase64(value)),
]

/** Makes the entries of vector indexes. */
export const vectorPlugin: Plugin = {
  by: "vector/1",
  space: keySpaces.plugins,
  compile(what) {
    const { path, dimensions } = what as { readonly path: string; readonly dimensions: number }
    const read = fieldReader(path)
    const entryOf = (id: string, view: DocumentView | undefined): string | undefined => {
      const vector = view && vectorOf(read(view.parse(), id), dimensions)
      return vector && toBase64(bytesOfVector(vector))
    }
    return {
      onDelta({ id, before, after }, out) {
        const old = entryOf(id, before)
        const now = entryOf(id, after)
        if (now === undefined) {
          if (old !== undefined) out.delete(toOneByte(id))
        } else if (now !== old) out.put(toOneByte(id), now)
      },
    }
  },
}
