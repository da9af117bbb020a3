/**
 * Hosts of one seeded world: tabs of one browser, or processes of one machine. Owns: what they share.
 * Invariant: with the same seed and the same calls, everything happens in the same order with the same bytes: time is
 * virtual, random comes from the seed, and the results of the real WebCrypto and compression are delivered in call order.
 * Keys that WebCrypto generates are the exception: they are random, and can never be seen.
 */
import type { Channel, Compression, Host, HostCrypto, SentinelRecord } from "@fixpoint/core"
import { LogHub, type LogRecordLine } from "@fixpoint/core/log"
import { streamCompression } from "./compression.ts"
import { Deliveries } from "./deliveries.ts"
import { createDice, type Dice } from "./dice.ts"
import { MemoryLocks } from "./memory-locks.ts"
import { VirtualTime } from "./virtual-time.ts"

interface Receiver {
  readonly name: string
  readonly onMessage: (message: number) => void
}

/** What all hosts of a world share. */
export class SeededWorld {
  readonly dice: Dice
  readonly time: VirtualTime
  readonly locks: MemoryLocks = new MemoryLocks()
  /** What the sentinels hold, by database. */
  readonly sentinels: Map<string, SentinelRecord> = new Map()
  /** What was logged, at every level. */
  readonly logs: LogRecordLine[] = []
  /** While true, what is posted to channels is lost. */
  losesMessages = false
  readonly #deliveries = new Deliveries()
  readonly #receivers = new Set<Receiver>()
  readonly #hub: LogHub

  constructor(seed: number) {
    this.dice = createDice(seed)
    this.time = new VirtualTime(() => this.settled())
    this.#hub = new LogHub(
      () => this.time.now(),
      (record) => this.logs.push(record),
    )
    this.#hub.configure({ debug: "*", stack: false })
  }

  /** Resolves when nothing is under way but timers. */
  settled(): Promise<void> {
    return this.#deliveries.settled()
  }

  /** Lets time pass, and all that comes of it. */
  advance(byMs: number): Promise<void> {
    return this.time.advance(byMs)
  }

  /** A new host: one more tab. */
  host(): Host {
    const { time, locks, sentinels, dice } = this
    return {
      clock: time,
      timers: time,
      crypto: orderedCrypto(this.#deliveries),
      compression: orderedCompression(this.#deliveries),
      locks,
      sentinel: {
        read: async (database) => sentinels.get(database),
        write: async (database, record) => void sentinels.set(database, record),
        remove: async (database) => void sentinels.delete(database),
      },
      random: (byteCount) => dice.bytes(byteCount),
      channel: (name, onMessage) => this.#channel({ name, onMessage }),
      log: (module) => this.#hub.logger(module),
    }
  }

  #channel(receiver: Receiver): Channel {
    this.#receivers.add(receiver)
    return {
      post: (message) => this.#post(receiver, message),
      close: () => void this.#receivers.delete(receiver),
    }
  }

  #post(sender: Receiver, message: number): void {
    if (this.losesMessages) return
    for (const receiver of this.#receivers) {
      if (receiver === sender || receiver.name !== sender.name) continue
      void this.#deliveries.deliver(Promise.resolve()).then(() => {
        if (this.#receivers.has(receiver)) receiver.onMessage(message)
      })
    }
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
