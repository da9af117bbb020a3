/** What the check prints: a line for each step as it ends, and the sum. Owns: the steps that were run. */

/** What a step gives: figures for the reader. */
export type Step = () => Promise<string>

/** A check under way. */
export class Report {
  readonly #say: (line: string) => void
  readonly #started = performance.now()
  #held = 0
  #failed: { readonly name: string; readonly error: unknown } | undefined

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  /** The step that failed, and why. */
  get failed(): { readonly name: string; readonly error: unknown } | undefined {
    return this.#failed
  }

  /** Runs a step and prints what it gave. A step that fails ends the check: those after it build on it. */
  async step(name: string, run: Step): Promise<void> {
    if (this.#failed) return
    const started = performance.now()
    try {
      const figures = await run()
      this.#held++
      this.#print("ok", name, started, figures)
    } catch (error) {
      this.#failed = { name, error }
      this.#print("FAILED", name, started, error instanceof Error ? error.message : String(error))
    }
  }

  /** Prints the sum; gives whether all of it holds. */
  sum(): boolean {
    const seconds = ((performance.now() - this.#started) / 1_000).toFixed(1)
    const why = this.#failed ? `; "${this.#failed.name}" does not, and nothing after it was tried` : ""
    this.#say(`\n${this.#held} steps hold${why}. ${seconds} s.`)
    return !this.#failed
  }

  #print(result: string, name: string, started: number, text: string): void {
    const seconds = ((performance.now() - started) / 1_000).toFixed(1)
    this.#say(`${result.padEnd(6)} ${name.padEnd(14)} ${seconds.padStart(5)} s   ${text}`)
  }
}

/** Fails unless two values are the same. */
export function same(what: string, is: unknown, wanted: unknown): void {
  if (!Object.is(is, wanted)) throw new Error(`${what}: ${String(is)} instead of ${String(wanted)}`)
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
