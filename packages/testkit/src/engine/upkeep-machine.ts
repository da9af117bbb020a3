/**
 * A machine whose rounds are followed by what a simulation wants. Owns: that it happens within the round, as rounds of one machine
 * never run beside each other. Must not know what it is.
 */
import { Machine, type MachineParts } from "@fixpoint/core/sync"

/** A machine that keeps house more often than it would. */
export class UpkeepMachine extends Machine {
  readonly #upkeep: (machine: Machine) => Promise<void>

  constructor(parts: MachineParts, upkeep: (machine: Machine) => Promise<void>) {
    super(parts)
    this.#upkeep = upkeep
  }

  override async sync(): Promise<void> {
    await super.sync()
    await this.#upkeep(this)
  }
}
