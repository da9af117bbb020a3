/**
 * The memory of a browser's processes, while something is done. Owns: the samples.
 * Invariant: what is counted is a process's own memory and what it shares with others of the browser without a file behind it
 * (RssAnon and RssShmem of Linux), sampled every 20 ms; what lies between two samples is not seen.
 */
import { readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import type { Browser } from "./launch.ts"

const sampleMs = 20

/** How much a process grew at most, in bytes. */
export type Growth = ReadonlyMap<number, number>

/** Own memory of a process in bytes; 0 when it is gone. */
function memoryOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    return 1024 * [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)].reduce((sum, [, kB]) => sum + Number(kB), 0)
  } catch {
    return 0
  }
}

/** Does `work`, and gives by how much each process of the browser has grown at most meanwhile. */
export async function growthWhile<T>(browser: Browser, work: () => Promise<T>): Promise<[result: T, growth: Growth]> {
  const before = new Map(browser.processes().map((pid) => [pid, memoryOf(pid)]))
  const most = new Map<number, number>()
  let isOver = false
  const watching = (async () => {
    for (let count = 0; !isOver; count++) {
      // Processes come seldom, and to look for them takes longer than to look at them.
      const pids = count % 25 === 0 ? browser.processes() : [...most.keys()]
      for (const pid of pids) most.set(pid, Math.max(most.get(pid) ?? 0, memoryOf(pid)))
      await delay(sampleMs)
    }
  })()
  try {
    const result = await work()
    return [result, new Map([...most].map(([pid, bytes]) => [pid, bytes - (before.get(pid) ?? 0)]))]
  } finally {
    isOver = true
    await watching
  }
}
