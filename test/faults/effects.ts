/**
 * The effects of a device, counted, one of which goes wrong. Owns: what can go wrong with one, and what is left then.
 * Invariant: an effect happens whole or not at all; those of a process that has ended never happen. Must not know who asks.
 */
import { type Code, FixpointError } from "@fixpoint/core/errors"

/** What happens at one effect. */
export const modes = [
  "fails once",
  "loses its answer",
  "fails for ever",
  "is where the process is killed, before",
  "is where the process is killed, after",
  "is where the power is cut, after",
] as const

/** See `modes`. */
export type Mode = (typeof modes)[number]

/** The effect that goes wrong, counted from 1. */
export interface Fault {
  readonly at: number
  readonly mode: Mode
}

/** What an effect is asked of, and what is asked. */
export type EffectName = `${"store" | "bucket" | "sentinel"}.${string}`

const seamOf = (name: EffectName) => name.slice(0, name.indexOf("."))
const codeOf = (name: EffectName): Code => (seamOf(name) === "bucket" ? "REMOTE_UNAVAILABLE" : "STORE_TIMEOUT")

const failed = (name: EffectName) => new FixpointError(codeOf(name), "This failure was planned by a test.")
const ended = () => new FixpointError("STORE_UNAVAILABLE", "The process has ended.")

/** The effects of one life of a device. */
export class Effects {
  /** All that was asked, in order. */
  readonly names: EffectName[] = []
  readonly #fault: Fault | undefined
  #hasEnded = false

  constructor(fault?: Fault) {
    this.#fault = fault
  }

  /** Whether the process has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Whether the power was cut. */
  get isCut(): boolean {
    return this.#hasEnded && this.#fault?.mode === "is where the power is cut, after"
  }

  /** Ends the process. */
  end(): void {
    this.#hasEnded = true
  }

  /** Does an effect, or what is planned for it. */
  async run<T>(name: EffectName, effect: () => Promise<T>): Promise<T> {
    if (this.#hasEnded) throw ended()
    const n = this.names.push(name)
    const mode = this.#modeAt(n, name)
    switch (mode) {
      case undefined:
        return this.#answered(await effect())
      case "fails once":
      case "fails for ever":
        throw failed(name)
      case "loses its answer":
        await effect()
        throw failed(name)
      default:
        if (mode !== "is where the process is killed, before") await effect()
        this.#hasEnded = true
        throw ended()
    }
  }

  /** A process that has ended meanwhile gets no answer. */
  #answered<T>(answer: T): T {
    if (this.#hasEnded) throw ended()
    return answer
  }

  #modeAt(n: number, name: EffectName): Mode | undefined {
    const { at, mode } = this.#fault ?? { at: 0, mode: "fails once" }
    const first = this.names[at - 1]
    if (n === at) return mode
    const goesOn = mode === "fails for ever" && first !== undefined && n > at && seamOf(first) === seamOf(name)
    return goesOn ? mode : undefined
  }
}
