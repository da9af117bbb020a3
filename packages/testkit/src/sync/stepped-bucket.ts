/**
 * A bucket whose every request waits for its turn, before its effect and after it. Owns: the order of all requests of a world, and
 * what becomes of each. Invariant: nothing happens but by a turn that the dice choose, so a seed gives one interleaving of all
 * devices; a request fails before its effect or after it, and the caller cannot know which.
 * Must not know what the objects mean.
 */
import type { Gateway } from "@fixpoint/core/gateway"
import { FixpointError } from "@fixpoint/core/errors"
import { BucketObjects, type StoredObject } from "../bucket-objects.ts"
import type { Dice } from "../dice.ts"

/** A process that makes requests. It ends once; what it waits for never comes then. */
export interface Caller {
  isEnded: boolean
}

/** How often requests fail, in a thousand. */
export interface BucketFaults {
  perMille: number
  /** Whether a PUT with `ifAbsent` keeps what is there. */
  createIfAbsent: boolean
}

/** Promises that are let go on before the next turn. Any number gives one order for a seed; ending the turn of the platform costs more. */
const ticksPerStep = 24

interface Turn {
  readonly caller: Caller
  readonly go: () => void
}

/** The content of a bucket, and the line of those who wait for it. */
export class SteppedBucket {
  readonly content: BucketObjects = new BucketObjects()
  readonly faults: BucketFaults
  readonly counts = { get: 0, put: 0, list: 0, delete: 0 }
  readonly #dice: Dice
  #turns: Turn[] = []

  constructor(dice: Dice, faults: BucketFaults) {
    this.#dice = dice
    this.faults = faults
  }

  get objects(): Map<string, StoredObject> {
    return this.content.all
  }

  /** Lets one of those who wait go on, or the first of `only`, and all that comes of it. False when nobody waits. */
  async step(only?: Caller): Promise<boolean> {
    this.#turns = this.#turns.filter(({ caller }) => !caller.isEnded)
    const at =
      only === undefined ? this.#dice.below(this.#turns.length) : this.#turns.findIndex(({ caller }) => caller === only)
    const [turn] = at < 0 ? [] : this.#turns.splice(at, 1)
    if (turn === undefined) return false
    turn.go()
    for (let i = 0; i < ticksPerStep; i++) await Promise.resolve()
    return true
  }

  /** The bucket as one process sees it. */
  gateway(caller: Caller): Gateway {
    const { content } = this
    const act = async <T>(count: keyof SteppedBucket["counts"], effect: () => T): Promise<T> => {
      await this.#turn(caller)
      this.counts[count]++
      this.#mayFail()
      const result = effect()
      if (count === "get" || count === "list") return result
      await this.#turn(caller)
      this.#mayFail()
      return result
    }
    return {
      name: "stepped bucket",
      capabilities: async () => ({
        createIfAbsent: this.faults.createIfAbsent,
        strongList: true,
        serverTime: false,
      }),
      get: (key, options = {}) => act("get", () => content.get(key, options.ifNoneMatch)),
      put: (key, body, options = {}) =>
        act("put", () => content.put(key, body, options.ifAbsent === true && this.faults.createIfAbsent)),
      list: (prefix) => act("list", () => ({ keys: content.list(prefix) })),
      delete: (key) => act("delete", () => content.delete(key)),
    }
  }

  #turn(caller: Caller): Promise<void> {
    return new Promise((resolve) => this.#turns.push({ caller, go: resolve }))
  }

  #mayFail(): void {
    if (this.#dice.below(1000) < this.faults.perMille) throw new FixpointError("REMOTE_TIMEOUT")
  }
}
