/**
 * What a device does while one of its effects goes wrong. Owns: the scenarios, each from a state that was reached without faults.
 * Must not know what goes wrong.
 */
import type { Durability, Engine, IndexSpec, RemoteLink } from "@fixpoint/core"
import { isFixpointError } from "@fixpoint/core/errors"
import { type MemoryBucket, memoryBucket } from "@fixpoint/gateways/memory"
import { Device, type Life } from "./device.ts"
import { counterOps, Journal } from "./journal.ts"

/** One run of a scenario. */
export class Stage {
  readonly journal = new Journal()
  readonly device = new Device(1)
  readonly bucket: MemoryBucket = memoryBucket()
  /** Errors without a code that a caller, or a listener, got. */
  readonly uncoded: unknown[] = []
  isWiped = false
  /** Whether this device has the document that counts. */
  isCounting = false
  life: Life

  constructor() {
    this.life = this.device.live()
  }

  /** Awaits a call, which may fail; undefined when it does. */
  async attempt<T>(work: Promise<T>): Promise<T | undefined> {
    const outcome = await this.life.outcome(work)
    if ("value" in outcome) return outcome.value
    this.#judge(outcome.error)
    return undefined
  }

  /** One more tab, open or not. */
  async open(options?: { readonly recovers?: boolean }): Promise<Engine> {
    const engine = this.life.start(options)
    engine.on((event) => {
      if (event.event === "error" && event.error.code === "INTERNAL") this.uncoded.push(event.error)
    })
    if (options?.recovers !== true) await this.attempt(engine.ready())
    return engine
  }

  /** Makes the document that counts. */
  async count(engine: Engine): Promise<void> {
    await this.attempt(engine.write(counterOps, "strict"))
    this.isCounting = true
  }

  /** Commits. */
  async write(engine: Engine, durability: Durability = "relaxed"): Promise<void> {
    const { tried, ops } = this.journal.next(durability, this.isCounting)
    if ((await this.attempt(engine.write(ops, durability))) !== undefined) tried.isAcknowledged = true
  }

  /** Commits through a transaction. */
  async transact(engine: Engine): Promise<void> {
    const { tried, ops } = this.journal.next("strict", this.isCounting)
    const transaction = await this.attempt(engine.begin())
    if (transaction === undefined) return
    await this.attempt(transaction.get("docs", ["counter"]))
    await this.attempt(transaction.write(ops))
    if ((await this.attempt(transaction.commit("strict"))) !== undefined) tried.isAcknowledged = true
  }

  /** Attaches the bucket. */
  async attach(engine: Engine): Promise<RemoteLink | undefined> {
    const sync = await this.attempt(engine.sync())
    return sync?.attach(this.life.remote(this.bucket), () => undefined)
  }

  /** A round; what was acknowledged before it has reached the bucket when it succeeds, which is what it gives. */
  async round(link: RemoteLink | undefined): Promise<boolean> {
    const before = this.journal.tried.filter(({ isAcknowledged }) => isAcknowledged)
    const isDone = await this.sync(link)
    if (isDone) for (const tried of before) tried.isRemote = true
    return isDone
  }

  /** A round of which nothing is noted; gives whether it succeeded. */
  async sync(link: RemoteLink | undefined): Promise<boolean> {
    if (link === undefined) return false
    const outcome = await this.life.outcome(link.sync())
    if ("error" in outcome) this.#judge(outcome.error)
    return !("error" in outcome)
  }

  #judge(error: unknown): void {
    if (!isFixpointError(error) || error.code === "INTERNAL") this.uncoded.push(error)
  }
}

/** A scenario. */
export interface Scenario {
  /** Reaches the state that it begins in, without faults. */
  before?(stage: Stage): Promise<void>
  run(stage: Stage): Promise<void>
  readonly usesBucket?: true
}

const all = { collection: "docs", filter: { kind: "and", filters: [] }, order: [], limit: undefined } as const
const indexes: readonly IndexSpec[] = [
  { name: "kind", parts: [{ path: "kind", descending: false, multi: false }], unique: false, where: undefined },
]

/** Commits, with segments of several levels under them when `flushes` says so. */
async function fill(stage: Stage, flushes: number): Promise<void> {
  const engine = await stage.open()
  await stage.count(engine)
  for (let i = 0; i < flushes; i++) {
    await stage.write(engine, "strict")
    await stage.attempt(engine.compact())
  }
  await stage.write(engine)
  await stage.write(engine, "strict")
  await stage.attempt(engine.close())
}

async function publish(stage: Stage): Promise<void> {
  const engine = await stage.open()
  await stage.count(engine)
  const link = await stage.attach(engine)
  await stage.write(engine, "strict")
  await stage.round(link)
  await stage.write(engine, "strict")
  await stage.round(link)
  await stage.attempt(engine.close())
}

/** Another device writes into the bucket. */
async function publishElsewhere(stage: Stage): Promise<void> {
  const own = stage.life
  stage.life = new Device(77).live()
  await publish(stage)
  stage.life.effects.end()
  stage.life = own
}

/** All scenarios. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "a new database": {
    async run(stage) {
      const engine = await stage.open()
      await stage.write(engine, "strict")
      await stage.attempt(engine.close())
    },
  },
  "opening a log": {
    before: (stage) => fill(stage, 0),
    async run(stage) {
      await stage.attempt((await stage.open()).close())
    },
  },
  "opening segments and a log": {
    before: (stage) => fill(stage, 2),
    async run(stage) {
      const engine = await stage.open()
      await stage.attempt(engine.query(all))
      await stage.attempt(engine.close())
    },
  },
  writes: {
    before: (stage) => fill(stage, 0),
    async run(stage) {
      const engine = await stage.open()
      for (const durability of ["relaxed", "strict", "relaxed", "relaxed"] as const)
        await stage.write(engine, durability)
      await stage.life.world.advance(1_000)
      await stage.write(engine)
      await stage.attempt(engine.close())
    },
  },
  "a transaction": {
    before: (stage) => fill(stage, 1),
    async run(stage) {
      const engine = await stage.open()
      await stage.transact(engine)
      await stage.transact(engine)
    },
  },
  "two tabs": {
    before: (stage) => fill(stage, 0),
    async run(stage) {
      const [one, other] = [await stage.open(), await stage.open()]
      await stage.write(one)
      await stage.write(other, "strict")
      await stage.life.world.advance(20)
      await stage.write(one, "strict")
      await stage.attempt(other.close())
      await stage.write(one)
    },
  },
  "a flush": {
    before: (stage) => fill(stage, 0),
    async run(stage) {
      const engine = await stage.open()
      await stage.write(engine)
      await stage.attempt(engine.compact())
      await stage.write(engine, "strict")
    },
  },
  "an idle flush": {
    before: (stage) => fill(stage, 0),
    async run(stage) {
      const engine = await stage.open()
      await stage.write(engine)
      await stage.life.world.advance(5_000)
      await stage.write(engine)
    },
  },
  "a merge of segments": {
    before: (stage) => fill(stage, 3),
    async run(stage) {
      const engine = await stage.open()
      await stage.write(engine)
      await stage.attempt(engine.compact())
      await stage.life.world.advance(20_000)
      await stage.write(engine, "strict")
      await stage.attempt(engine.compact())
      await stage.attempt(engine.check({ deep: true }))
    },
  },
  "an index that is built": {
    before: (stage) => fill(stage, 1),
    async run(stage) {
      const engine = await stage.open()
      engine.declare({ docs: { fields: { count: "counter", tags: "set" }, indexes } })
      await stage.write(engine)
      await stage.life.world.advance(2_000)
      await stage.write(engine, "strict")
      await stage.attempt(engine.query({ ...all, order: [{ path: "kind", descending: false }], limit: 3 }))
    },
  },
  "a live query and the change feed": {
    before: (stage) => fill(stage, 1),
    async run(stage) {
      const engine = await stage.open()
      const stop = engine.watch(all, () => undefined)
      await stage.write(engine)
      await stage.attempt(engine.changes("docs", undefined))
      stop()
      await stage.write(engine, "strict")
    },
  },
  "a first round": {
    usesBucket: true,
    before: (stage) => fill(stage, 1),
    async run(stage) {
      const engine = await stage.open()
      const link = await stage.attach(engine)
      await stage.round(link)
      await stage.write(engine)
      await stage.round(link)
    },
  },
  "a round that takes in": {
    usesBucket: true,
    async before(stage) {
      await publish(stage)
      await publishElsewhere(stage)
    },
    async run(stage) {
      const engine = await stage.open()
      const link = await stage.attach(engine)
      await stage.round(link)
      await stage.write(engine, "strict")
      await stage.round(link)
    },
  },
  "a first contact": {
    usesBucket: true,
    before: publishElsewhere,
    async run(stage) {
      stage.isCounting = false
      const engine = await stage.open()
      const link = await stage.attach(engine)
      await stage.write(engine, "strict")
      await stage.round(link)
    },
  },
  "a way back from the bucket": {
    usesBucket: true,
    async before(stage) {
      await publish(stage)
      stage.device.after(stage.life)
      stage.device.wipe()
      stage.isWiped = true
      stage.life = stage.device.live()
    },
    async run(stage) {
      const engine = await stage.open({ recovers: true })
      const link = await stage.attach(engine)
      // As long as the database has not come back, calls wait; the round says why.
      if (link === undefined || !(await stage.round(link))) return
      await stage.attempt(engine.get("docs", ["a0"]))
      await stage.write(engine, "strict")
      await stage.round(link)
    },
  },
}
