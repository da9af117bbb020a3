/**
 * The bucket of a simulation of engines. Owns: how long calls take, what goes wrong with them, and the damage that whole buckets
 * suffer; and what its stored bytes say, for the oracle, as only a holder of the keys can tell.
 * Invariant: a tab that was killed or frozen gets no answer. Must not know engines.
 */
import { createSpaceCodec, createSpaceKeys, type ObjectCodec } from "@fixpoint/core/sync"
import type { Gateway } from "@fixpoint/core/gateway"
import { FixpointError } from "@fixpoint/core/errors"
import { BucketObjects } from "../bucket-objects.ts"
import { type BucketWeather, fairWeather, weatherPlan } from "../bucket-weather.ts"
import type { Dice } from "../dice.ts"
import { type BucketFault, FaultyBucket } from "../faulty-bucket.ts"
import type { SeededDevice, SeededTab } from "../seeded-device.ts"
import type { SeededWorld } from "../seeded-host.ts"
import { Published, Violation } from "../sync/published.ts"
import { wrapGateway } from "../wrapped-gateway.ts"
import { playCompression, playCrypto } from "./play-crypto.ts"

/** What a bucket is. */
export interface SimulatedBucketOptions {
  readonly world: SeededWorld
  /** The secret and the name of the database, which make the space's keys. */
  readonly secret: Uint8Array
  readonly database: string
  readonly weather: BucketWeather
  readonly latencyMsMax: number
  readonly createIfAbsent: boolean
  readonly strongList: boolean
}

type Verb = keyof SimulatedBucket["counts"]

/** One bucket, as all devices of a simulation see it. */
export class SimulatedBucket {
  readonly content: BucketObjects = new BucketObjects()
  readonly published: Published
  /** The actors under which a device has tried to publish. */
  readonly actorsOf: Map<object, Set<string>> = new Map()
  readonly counts = { get: 0, put: 0, list: 0, delete: 0 }
  /** How many pieces of files were deleted by devices. */
  deletedPieces = 0
  /** What every call of a device meets, by its name. */
  readonly obstacles: Map<string, BucketFault> = new Map()
  weather: BucketWeather
  /** What was published and must never be. */
  violation: Violation | undefined
  readonly #options: SimulatedBucketOptions
  readonly #dice: Dice
  readonly #faulty: FaultyBucket
  readonly #codec: Promise<ObjectCodec>
  readonly #said = new WeakMap<Uint8Array, unknown>()

  constructor(options: SimulatedBucketOptions) {
    this.#options = options
    this.weather = options.weather
    this.#dice = options.world.dice
    this.published = new Published(this.content.all, (bytes) => this.#said.get(bytes))
    this.content.onPut = (key, bytes) => this.#note(key, bytes)
    const plan = { fair: weatherPlan(this.#dice, fairWeather), foul: weatherPlan(this.#dice, options.weather) }
    this.#faulty = new FaultyBucket(
      this.#store(),
      (call, device) =>
        this.obstacles.get(device) ?? (this.weather === fairWeather ? plan.fair : plan.foul)(call, device),
    )
    this.#codec = codecOf(options)
  }

  /** The bucket as a tab of the device of that name sees it. */
  gateway(tab: SeededTab, device: SeededDevice, name: string): Gateway {
    const { world, latencyMsMax } = this.#options
    const way = async (): Promise<void> => {
      await new Promise<void>((resolve) => world.time.after(1 + this.#dice.below(latencyMsMax), resolve))
      await tab.awake()
      if (!device.isOnline) throw new FixpointError("REMOTE_UNAVAILABLE", "The device is offline.")
    }
    return wrapGateway(this.#faulty.gateway(name), async (call, run) => {
      if (call.name === "capabilities") return await run()
      const [key, bytes] = call.parameters as [string, Uint8Array]
      if (call.name === "put") {
        this.#noteAuthor(device, key)
        await this.#read(key, bytes)
      }
      await way()
      this.counts[call.name as Verb]++
      const outcome = await run().then(
        (answer) => () => answer,
        (error: unknown) => () => {
          throw error
        },
      )
      await way()
      return outcome()
    })
  }

  /** Ends all trouble, and lets what was put off happen. */
  async calm(): Promise<void> {
    this.weather = fairWeather
    this.obstacles.clear()
    await this.#faulty.settle()
  }

  /** Loses everything, what came last, or one object. */
  loseSomething(): void {
    const { content } = this
    const names = [...content.all.keys()]
    const at = this.#dice.below(names.length + 1)
    switch (this.#dice.below(3)) {
      case 0:
        return content.all.clear()
      case 1:
        for (const name of names.slice(at)) content.delete(name)
        return
      default:
        content.delete(names[at] ?? "")
    }
  }

  /** Whoever puts something would take the finding for a failure of the bucket. */
  #note(key: string, bytes: Uint8Array): void {
    try {
      this.published.note(key, bytes)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.violation ??= error
    }
  }

  /** The gateway to what is stored. */
  #store(): Gateway {
    const { content } = this
    const { createIfAbsent, strongList } = this.#options
    return {
      name: "simulated bucket",
      capabilities: async () => ({ createIfAbsent, strongList, serverTime: false }),
      get: async (key, { ifNoneMatch } = {}) => content.get(key, ifNoneMatch),
      put: async (key, body, { ifAbsent } = {}) => content.put(key, body, ifAbsent === true && createIfAbsent),
      list: async (prefix) => ({ keys: content.list(prefix) }),
      delete: async (key) => {
        if (key.includes("/b/") && content.all.has(key)) this.deletedPieces++
        content.delete(key)
      },
    }
  }

  #noteAuthor(device: SeededDevice, key: string): void {
    const [, actor] = /\/p\/0\/([^/]+)\//.exec(key) ?? []
    if (actor !== undefined) this.actorsOf.set(device, (this.actorsOf.get(device) ?? new Set()).add(actor))
  }

  /** Notes what bytes say before they are put. */
  async #read(key: string, bytes: Uint8Array): Promise<void> {
    if (!this.#said.has(bytes)) this.#said.set(bytes, await opened(await this.#codec, key, bytes))
  }
}

async function codecOf({ world, secret, database }: SimulatedBucketOptions): Promise<ObjectCodec> {
  const root = await playCrypto.importKey("raw", Uint8Array.from(secret), "HKDF", false, ["deriveBits"])
  const host = { ...world.host(), crypto: playCrypto, compression: playCompression }
  return createSpaceCodec({ host, keys: await createSpaceKeys(playCrypto, root, database) })
}

async function opened(codec: ObjectCodec, key: string, bytes: Uint8Array): Promise<unknown> {
  const name = key.slice(key.indexOf("/") + 1)
  const [top, kind, id = "", last] = name.split("/")
  if (top === "c") return (await codec.openControl(name, bytes)).entry
  if (top !== "p") return undefined
  if (kind === "0") {
    const [lo = ""] = (last ?? "").split("~")
    return await codec.openPack(name, bytes, { actor: id, lo: Number.parseInt(lo, 32) })
  }
  return last === "h" ? await codec.openGroup(name, bytes, kind === "1" ? "run" : "base") : undefined
}
