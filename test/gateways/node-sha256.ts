/** SHA-256 of Node in the shape that smithy takes it. */
import { createHash, createHmac } from "node:crypto"

/** A hash, or with a secret a keyed one. */
export class Sha256 {
  readonly #hash
  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", toBytes(secret))
  }
  update(data: unknown): void {
    this.#hash.update(toBytes(data))
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest())
  }
  reset(): void {
    throw new RangeError("not used")
  }
}

const toBytes = (data: unknown) => (typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer))
