/**
 * Processes that do not outlive the one that started them. Owns: how they are tied to it, and how they are known to have ended.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"

// The kernel ends the child when this process dies, whatever kills it; elsewhere only who started it does.
const tied = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : []

/** Starts a command. */
export function startTied(command: readonly string[], options: SpawnOptions): ChildProcess {
  const [file = "", ...args] = [...tied, ...command]
  return spawn(file, args, options)
}

/** Ends a process at once, whatever it is doing, and resolves when it has ended. */
export async function killTied(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}
