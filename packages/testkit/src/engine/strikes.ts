/**
 * What goes wrong with simulated devices and their bucket. Owns: what each kind of trouble does, and what its users may lose by it.
 * Must not know when it strikes, nor what must hold.
 */
import { type Dice, pick } from "../dice.ts"
import type { SimulatedBucket } from "./simulated-bucket.ts"
import type { EngineTab, SimulatedEngineDevice } from "./simulated-device.ts"
import type { Swarm, Trouble } from "./swarm.ts"
import type { Token, TokenBook } from "./token-book.ts"

/** What trouble strikes. */
export interface Struck {
  readonly bucket: SimulatedBucket
  readonly tokens: TokenBook
  readonly swarm: Swarm
  readonly devices: readonly SimulatedEngineDevice[]
  readonly living: readonly SimulatedEngineDevice[]
  addDevice(from?: SimulatedEngineDevice): SimulatedEngineDevice
}

/** All that goes wrong in a simulation. */
export class Strikes {
  readonly #world: Struck
  readonly #dice: Dice
  /** Actors that somebody wants to end. */
  readonly doomed: Set<string> = new Set()

  constructor(world: Struck, dice: Dice) {
    this.#world = world
    this.#dice = dice
  }

  /** One kind of trouble, for a device. */
  strike(kind: keyof Trouble, device: SimulatedEngineDevice): void {
    const { tokens, devices, bucket, swarm } = this.#world
    const { name } = device
    // What a remote has is safe from all that may happen to devices, unless the remote may lose it too.
    const isSafe = ({ isSynced }: Token) => isSynced && swarm.trouble.bucketLoss === 0
    switch (kind) {
      case "killTab": {
        const one = pick<EngineTab | undefined>(this.#dice, device.open)
        if (one === undefined) return
        tokens.loses(name, () => true)
        return device.killTab(one)
      }
      case "kill":
        tokens.loses(name, () => true)
        return device.kill()
      case "powerCut": {
        const lost = this.#dice.below(device.unsure + 1)
        tokens.loses(name, (token) => token.isSure || lost === 0 || isSafe(token))
        return device.cutPower(lost)
      }
      case "freeze":
        return pick<EngineTab | undefined>(this.#dice, device.open)?.tab.freeze()
      case "offline":
        return device.seeded.setOnline(false)
      case "wipe":
        tokens.loses(name, isSafe)
        return device.wipe()
      case "restore":
        if (device.backup === undefined) return
        tokens.loses(name, isSafe)
        tokens.hasTwins = true
        return device.restore(device.backup, this.#dice.below(2) === 0)
      case "clone":
        if (devices.length >= swarm.devicesMax) return
        tokens.hasTwins = true
        return void this.#world.addDevice(device)
      case "clock":
        device.seeded.skewMs += this.#dice.below(2 * 3_600_000) - 3_600_000
        return
      case "bucketLoss":
        return bucket.loseSomething()
      case "portal":
        return void bucket.obstacles.set(name, { kind: "page" })
      case "expiry":
        return void bucket.obstacles.set(name, { kind: "refused", code: "REMOTE_AUTH_EXPIRED" })
      case "evict":
        return this.#evict(isSafe)
    }
  }

  #evict(isSafe: (token: Token) => boolean): void {
    const { tokens, devices, living, swarm } = this.#world
    const victim = pick<SimulatedEngineDevice | undefined>(this.#dice, devices)
    const actor = victim?.open[0]?.engine.status().device
    if (victim === undefined || actor === undefined || this.doomed.size > 1) return
    if (swarm.endsAway) return this.#evictAway()
    this.doomed.add(actor)
    // The end of one whose packs the bucket has lost does not tell all that others have of it, and the rest is made again.
    if (swarm.trouble.bucketLoss > 0) tokens.hasTwins = true
    if (this.#dice.below(2) === 0 || living.length < 3) return
    victim.isDead = true
    victim.kill()
    tokens.loses(victim.name, isSafe)
  }

  /** Somebody ends one that is away, and may come back. */
  #evictAway(): void {
    const { bucket, living } = this.#world
    const away = pick<SimulatedEngineDevice | undefined>(
      this.#dice,
      living.filter(({ seeded }) => !seeded.isOnline),
    )
    const actor = away && [...(bucket.actorsOf.get(away.seeded) ?? [])].at(-1)
    if (actor !== undefined) this.doomed.add(actor)
  }
}
