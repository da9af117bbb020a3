/**
 * One device of a seeded world: a browser profile, or a machine. Owns: what its tabs share (locks, channels, sentinels, the error
 * of its clock, its network), and how a tab is frozen, thawed and killed.
 * Invariant: of a tab that was killed nothing comes any more: no timer, no message, no answer; its locks are free. What would
 * have come to a frozen one comes when it is thawed, in that order. Must not know what runs in a tab.
 */
import type { Channel, Compression, Host, HostCrypto, Locks, Network, SentinelRecord } from "@fixpoint/core"
import type { LogHub } from "@fixpoint/core/log"
import type { Dice } from "./dice.ts"
import { MemoryLocks } from "./memory-locks.ts"
import type { VirtualTime } from "./virtual-time.ts"

/** What a device takes from its world. */
export interface DeviceEffects {
  readonly time: VirtualTime
  readonly dice: Dice
  readonly crypto: HostCrypto
  readonly compression: Compression
  readonly hub: LogHub
  /** Resolves when it is a message's turn. */
  turn(): Promise<unknown>
}

interface Receiver {
  readonly name: string
  readonly onMessage: (message: number) => void
}

/** What the tabs of one device share. */
export class SeededDevice {
  readonly locks: MemoryLocks = new MemoryLocks()
  /** What the sentinels hold, by database. */
  readonly sentinels: Map<string, SentinelRecord> = new Map()
  /** While true, what is posted to channels is lost. */
  losesMessages = false
  /** What its wall clock is ahead by. */
  skewMs = 0
  readonly #effects: DeviceEffects
  readonly #receivers = new Set<Receiver>()
  readonly #networkListeners = new Set<() => void>()
  #isOnline = true

  constructor(effects: DeviceEffects) {
    this.#effects = effects
  }

  /** One more tab, or process. */
  openTab(): SeededTab {
    return new SeededTab(this, this.#effects)
  }

  get isOnline(): boolean {
    return this.#isOnline
  }

  /** Takes the network away, or gives it back. */
  setOnline(isOnline: boolean): void {
    if (isOnline === this.#isOnline) return
    this.#isOnline = isOnline
    for (const listener of this.#networkListeners) listener()
  }

  /** The network, as a tab hears of it. */
  network(): Network {
    return {
      isOnline: () => this.#isOnline,
      onChange: (listener) => {
        this.#networkListeners.add(listener)
        return () => void this.#networkListeners.delete(listener)
      },
    }
  }

  /** A channel of a tab. */
  channel(receiver: Receiver): Channel {
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
      void this.#effects.turn().then(() => {
        if (this.#receivers.has(receiver)) receiver.onMessage(message)
      })
    }
  }
}

/** A tab, with the host of what runs in it. */
export class SeededTab {
  readonly host: Host
  readonly #ending = new AbortController()
  readonly #ended: Promise<void>
  /** What waits for a frozen tab to be thawed; undefined while it is awake. */
  #held: (() => void)[] | undefined

  constructor(device: SeededDevice, { time, dice, crypto, compression, hub }: DeviceEffects) {
    const { signal } = this.#ending
    this.#ended = new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
    this.host = {
      clock: { now: () => time.now() + device.skewMs, monotonic: () => time.monotonic() },
      timers: { after: (delayMs, run) => time.after(delayMs, () => this.#run(run)) },
      crypto,
      compression,
      locks: this.#locksOf(device.locks),
      sentinel: {
        read: async (database) => device.sentinels.get(database),
        write: async (database, record) => {
          if (!this.isEnded) device.sentinels.set(database, record)
        },
        remove: async (database) => void device.sentinels.delete(database),
      },
      network: this.#networkOf(device.network()),
      random: (byteCount) => dice.bytes(byteCount),
      channel: (name, onMessage) => this.#channelOf(device, name, onMessage),
      log: (module) => hub.logger(module),
    }
  }

  get isEnded(): boolean {
    return this.#ending.signal.aborted
  }

  get isFrozen(): boolean {
    return this.#held !== undefined
  }

  /** Kills the tab. */
  kill(): void {
    this.#ending.abort()
    this.#held = undefined
  }

  freeze(): void {
    this.#held ??= []
  }

  thaw(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const run of held) run()
  }

  /** Resolves when an answer can reach the tab: at once, when it is thawed, or never. */
  awake(): Promise<void> {
    return new Promise((resolve) => this.#run(resolve))
  }

  #run(run: () => void): void {
    if (this.isEnded) return
    if (this.#held === undefined) run()
    else this.#held.push(() => this.#run(run))
  }

  #networkOf(network: Network): Network {
    return { ...network, onChange: (listener) => network.onChange(() => this.#run(listener)) }
  }

  #channelOf(device: SeededDevice, name: string, onMessage: (message: number) => void): Channel {
    const channel = device.channel({ name, onMessage: (message) => this.#run(() => onMessage(message)) })
    this.#ending.signal.addEventListener("abort", () => channel.close(), { once: true })
    return {
      post: (message) => {
        if (!this.isEnded) channel.post(message)
      },
      close: () => channel.close(),
    }
  }

  #locksOf(locks: MemoryLocks): Locks {
    return {
      hold: async (name, { signal, ...options }, work) => {
        const either = signal === undefined ? this.#ending.signal : AbortSignal.any([signal, this.#ending.signal])
        const held = locks.hold(name, { ...options, signal: either }, () => this.#untilKilled(work))
        // Of a tab that was killed nobody hears how it went.
        const outcome = await held.then(
          (value) => () => value,
          (error: unknown) => () => {
            throw error
          },
        )
        if (this.isEnded) await new Promise<never>(() => undefined)
        return outcome()
      },
    }
  }

  async #untilKilled<T>(work: () => Promise<T>): Promise<T | undefined> {
    return await Promise.race([work(), this.#ended.then(() => undefined)])
  }
}
