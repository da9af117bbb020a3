/**
 * The way to what writes go by that touch more than registers (crdt/short-edit.ts). Owns: its load, with the first of them.
 * Must not know rows.
 */
import type { Loader } from "../base/on-demand.ts"
import type { CellWays } from "../crdt/short-edit.ts"

/** The part. */
export interface CellPart {
  readonly cellWays: CellWays
}

/** The part of one engine, loaded or not. */
export class CellDoor {
  ways: CellWays | undefined
  readonly #load: Loader<CellPart>

  constructor(load: Loader<CellPart>) {
    this.#load = load
  }

  async load(): Promise<void> {
    this.ways = (await this.#load()).cellWays
  }
}
