/**
 * The objects of a bucket, as they are at one moment. Owns: what the verbs do to them, at once and without failing.
 * Must not know devices, nor what the objects mean.
 */
import type { GetResult, ListedObject, PutResult } from "@fixpoint/core/gateway"

/** An object as it is stored. */
export interface StoredObject {
  readonly bytes: Uint8Array
  readonly etag: string
}

/** The content of a bucket. */
export class BucketObjects {
  readonly all: Map<string, StoredObject> = new Map()
  /** Told of each PUT that has its effect, before it has it. */
  onPut: (key: string, bytes: Uint8Array) => void = () => undefined
  #etags = 0

  get(key: string, ifNoneMatch?: string): GetResult {
    const object = this.all.get(key)
    if (object === undefined) return { kind: "notFound" }
    if (object.etag === ifNoneMatch) return { kind: "notModified" }
    return { kind: "found", body: object.bytes, etag: object.etag }
  }

  put(key: string, bytes: Uint8Array, ifAbsent: boolean): PutResult {
    if (ifAbsent && this.all.has(key)) return { kind: "exists" }
    this.onPut(key, bytes)
    const etag = String(++this.#etags)
    this.all.set(key, { bytes, etag })
    return { kind: "stored", etag }
  }

  list(prefix: string): ListedObject[] {
    return [...this.all]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { bytes }]) => ({ key, size: bytes.length }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  delete(key: string): void {
    this.all.delete(key)
  }
}
