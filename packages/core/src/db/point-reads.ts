/**
 * Reads by key, together. Owns: the keys asked for in one turn, which become one read of the LSM.
 * Invariant: every caller gets what a read of its own would have given; a damaged block fails only who asked for its rows.
 * Must not know what rows mean.
 */
import { asFixpointError, type FixpointError } from "../base/errors.ts"
import type { Key } from "../codec/key.ts"

type Lines = (string | undefined)[]

interface Request {
  readonly keys: readonly Key[]
  resolve(lines: Lines): void
  reject(error: FixpointError): void
}

/** What reads the rows of keys. */
export type ReadRows = (keys: readonly Key[]) => Promise<Lines>

/** Point reads of one engine. A thousand gets of one tick share their blocks and their store transactions. */
export class PointReads {
  readonly #read: ReadRows
  #waiting: Request[] = []

  constructor(read: ReadRows) {
    this.#read = read
  }

  /** The rows of keys, in their order. */
  getMany(keys: readonly Key[]): Promise<Lines> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ keys, resolve, reject })
      if (this.#waiting.length === 1) void this.#serveTurn()
    })
  }

  /** The other reads of this turn come before its microtasks do. */
  async #serveTurn(): Promise<void> {
    await Promise.resolve()
    await this.#serve(this.#waiting.splice(0))
  }

  async #serve(requests: readonly Request[]): Promise<void> {
    try {
      const lines = await this.#read(requests.flatMap(({ keys }) => keys))
      let from = 0
      for (const { keys, resolve } of requests) resolve(lines.slice(from, (from += keys.length)))
    } catch (error) {
      const [only] = requests
      if (requests.length === 1) only?.reject(asFixpointError(error))
      else for (const request of requests) void this.#serve([request])
    }
  }
}
