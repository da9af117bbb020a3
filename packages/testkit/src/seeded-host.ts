/**
 * Hosts of one seeded world: tabs of one browser, or processes of one machine. Owns: what they share.
 * Invariant: with the same seed and the same calls, everything happens in the same order with the same bytes: time is
 * virtual, random comes from the seed, and the results of the real WebCrypto and compression are delivered in call order.
 * Keys that WebCrypto generates are the exception: they are random, and can never be seen.
 */
import type { Compression, Host, HostCrypto, SentinelRecord } from "@fixpoint/core"
import { LogHub, type LogRecordLine } from "@fixpoint/core/log"
import { streamCompression } from "./compression.ts"
import { Deliveries } from "./deliveries.ts"
import { createDice, type Dice } from "./dice.ts"
import type { MemoryLocks } from "./memory-locks.ts"
import { SeededDevice } from "./seeded-device.ts"
import { VirtualTime } from "./virtual-time.ts"

/** What a world may have instead of the platform's. */
export interface WorldOptions {
  /** Crypto and compression whose results are there at once, and need not be put in order. */
  readonly instant?: Pick<Host, "crypto" | "compression">
  /** Whether what is logged is kept; by default it is, at every level. */
  readonly keepsLogs?: boolean
}

/** What all hosts of a world share. */
export class SeededWorld {
  readonly dice: Dice
  readonly time: VirtualTime
  /** What was logged, at every level. */
  readonly logs: LogRecordLine[] = []
  readonly #deliveries = new Deliveries()
  readonly #hub: LogHub
  readonly #effects: Pick<Host, "crypto" | "compression">
  /** The device of those who ask for no other. */
  readonly #home: SeededDevice

  constructor(seed: number, { instant, keepsLogs = true }: WorldOptions = {}) {
    this.dice = createDice(seed)
    this.time = new VirtualTime(() => this.settled())
    this.#hub = new LogHub(
      () => this.time.now(),
      (record) => this.logs.push(record),
    )
    if (keepsLogs) this.#hub.configure({ debug: "*", stack: false })
    this.#effects = instant ?? {
      crypto: orderedCrypto(this.#deliveries),
      compression: orderedCompression(this.#deliveries),
    }
    this.#home = this.device()
  }

  /** The locks of the first device. */
  get locks(): MemoryLocks {
    return this.#home.locks
  }

  /** What the sentinels of the first device hold, by database. */
  get sentinels(): Map<string, SentinelRecord> {
    return this.#home.sentinels
  }

  /** While true, what is posted to channels of the first device is lost. */
  set losesMessages(isLost: boolean) {
    this.#home.losesMessages = isLost
  }

  /** Resolves when nothing is under way but timers. */
  settled(): Promise<void> {
    return this.#deliveries.settled()
  }

  /** Lets time pass, and all that comes of it. */
  advance(byMs: number): Promise<void> {
    return this.time.advance(byMs)
  }

  /** One more device. */
  device(): SeededDevice {
    const { time, dice } = this
    const turn = () => this.#deliveries.deliver(Promise.resolve())
    return new SeededDevice({ time, dice, hub: this.#hub, ...this.#effects, turn })
  }

  /** A new host: one more tab of the first device. */
  host(): Host {
    return this.#home.openTab().host
  }
}

/** One host in a world of its own. */
export function seededHost(seed: number): { readonly host: Host; readonly world: SeededWorld } {
  const world = new SeededWorld(seed)
  return { host: world.host(), world }
}

const cryptoCalls = [
  "decrypt",
  "deriveBits",
  "deriveKey",
  "digest",
  "encrypt",
  "exportKey",
  "generateKey",
  "importKey",
  "sign",
  "unwrapKey",
  "verify",
  "wrapKey",
] as const satisfies readonly (keyof HostCrypto)[]

function orderedCrypto(deliveries: Deliveries): HostCrypto {
  const { subtle } = globalThis.crypto
  const ordered = cryptoCalls.map((name) => {
    const call = subtle[name].bind(subtle) as (...parameters: unknown[]) => Promise<unknown>
    return [name, (...parameters: unknown[]) => deliveries.deliver(call(...parameters))] as const
  })
  return Object.fromEntries(ordered) as unknown as HostCrypto
}

function orderedCompression(deliveries: Deliveries): Compression {
  return {
    deflate: (bytes) => deliveries.deliver(streamCompression.deflate(bytes)),
    inflate: (bytes, bytesMax) => deliveries.deliver(streamCompression.inflate(bytes, bytesMax)),
  }
}
