/** Engines whose machines a test can ask for what links do of themselves at their own time. Owns: how they are got hold of. */
import type { EngineParts } from "@fixpoint/core"
import { Machine, type MachineParts, startSync } from "@fixpoint/core/sync"

/** Loaders for a bench, and the machines of all links that its engines begin, in order. */
export function withMachines(): { readonly loaders: Partial<EngineParts>; readonly machines: readonly Machine[] } {
  const machines: Machine[] = []
  const makeRounds = (parts: MachineParts): Machine => {
    const machine = new Machine(parts)
    machines.push(machine)
    return machine
  }
  const sync = async () => ({
    startSync: (parts: Parameters<typeof startSync>[0]) => startSync({ ...parts, makeRounds }),
  })
  return { loaders: { sync }, machines }
}
