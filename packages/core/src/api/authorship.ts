/** Who wrote something: what history and conflicts tell of each write. */

/** Who wrote something, and when. */
export interface Authorship {
  readonly stamp: string
  readonly atMs: number
  /** The device, by its incarnation. */
  readonly actor: string
}
