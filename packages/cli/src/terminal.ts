/** What a command needs of its process. Owns: the shape of that seam, so that commands run in tests as they do in a shell. */

/** Where a command runs. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Fires when the command is to end. */
  readonly stop: AbortSignal
  /** Prints a line of the result. */
  out(line: string): void
  /** Prints a line about what went wrong. */
  err(line: string): void
}
