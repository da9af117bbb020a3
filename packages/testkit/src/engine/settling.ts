/**
 * How a world of simulated engines comes to rest once its trouble is over. Owns: the rounds it takes, and what must be left of it in
 * the end. Must not know what went wrong.
 */
import type { Code } from "@fixpoint/core/errors"
import type { Machine } from "@fixpoint/core/sync"
import type { SeededWorld } from "../seeded-host.ts"
import { Violation } from "../sync/published.ts"
import { type Checked, versionsText } from "./engine-checks.ts"
import type { Honesty } from "./honesty.ts"
import type { SimulatedEngineDevice } from "./simulated-device.ts"
import type { Swarm } from "./swarm.ts"

/** What comes to rest. */
export interface Settled extends Checked {
  readonly world: SeededWorld
  readonly honesty: Honesty
  readonly swarm: Swarm
  /** Whether some refuse what others have put into the bucket, for ever. */
  readonly isSplit: boolean
  /** A round of a device, whatever the doorbell says. */
  syncOf(device: SimulatedEngineDevice): Promise<Code | undefined>
  stopOnViolation(): void
}

const settlingRounds = 14
const adoptingRound = 4
const longestTimerMs = 6 * 60_000

/** Lets everybody do rounds until all have the same and nobody has anything to send. */
export async function settle(settled: Settled): Promise<void> {
  await settled.bucket.calm()
  for (const device of settled.living) {
    device.seeded.setOnline(true)
    device.seeded.losesMessages = false
    for (const { tab, link } of device.open) {
      tab.thaw()
      link?.resume()
    }
  }
  await settled.world.advance(5_000)
  for (let round = 0; round < settlingRounds; round++) {
    const codes: (Code | undefined)[] = []
    for (const device of settled.living) codes.push(await settled.syncOf(device))
    settled.stopOnViolation()
    settled.checkCoverage()
    await finishFences(settled)
    if (round === 1) await tidyUp(settled)
    if (round === 2)
      for (const device of settled.living) await quietly(settled, device, (machine) => machine.tendFiles("now"))
    if (settled.isSplit) return
    // What nobody has any more, nobody puts back: then somebody has to decide to go on without it.
    if (round === adoptingRound && codes.every((code) => code === "REMOTE_GAP")) await adopt(settled)
    if (round > 2 && codes.every((code) => code === undefined) && (await isAtRest(settled))) return
  }
  throw new Violation("O10: devices do not come to rest")
}

/** Closes all tabs, and looks for what they have left. */
export async function closeAll(settled: Settled): Promise<void> {
  const { world, devices } = settled
  for (const device of devices) for (const one of device.open) await settled.until(device.closeTab(one))
  // Timers of tabs that were killed come to nothing when they are due; none is for longer.
  await world.advance(longestTimerMs)
  if (world.time.waiting > 0) throw new Violation(`O11: ${world.time.waiting} timers are left`)
  for (const device of devices) if (device.seeded.locks.held.length > 0) throw new Violation("O11: locks are left")
}

/** Anybody may end what somebody has begun to end; whoever is being ended cannot. */
async function finishFences(settled: Settled): Promise<void> {
  const { published } = settled.bucket
  for (const device of settled.living)
    for (const actor of published.fenced)
      if (published.sealOf(actor) === undefined) await quietly(settled, device, (machine) => machine.evict(actor))
}

async function adopt(settled: Settled): Promise<void> {
  const [first] = settled.living
  if (first === undefined) return
  const { link } = await settled.tabOf(first)
  await settled.until(link.adopt()).catch((error: unknown) => void settled.honesty.codeOf(error))
}

async function tidyUp(settled: Settled): Promise<void> {
  const [keeper] = settled.living
  if (keeper === undefined) return
  await quietly(settled, keeper, (machine) => machine.maintain())
  if (settled.swarm.leavesRuns) return
  await quietly(settled, keeper, (machine) => machine.compact("base"))
  await quietly(settled, keeper, (machine) => machine.collectGarbage())
}

/** Something that never has to succeed. */
async function quietly(
  settled: Settled,
  device: SimulatedEngineDevice,
  work: (machine: Machine) => Promise<void>,
): Promise<void> {
  const { machine } = await settled.tabOf(device)
  await settled.until(work(machine)).catch((error: unknown) => void settled.honesty.codeOf(error))
}

async function isAtRest(settled: Settled): Promise<boolean> {
  const digests = new Set<string>()
  for (const device of settled.living) {
    const { engine, link } = await settled.tabOf(device)
    if (link.status().pending > 0) return false
    const { digest, versions } = await settled.until((await engine.sync()).digest())
    digests.add(`${digest} ${versionsText(versions)}`)
  }
  return digests.size === 1
}
