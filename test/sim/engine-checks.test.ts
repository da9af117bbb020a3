// Each check of the simulation of engines fires: something is broken on purpose, and the run ends with the name of what that breaks.
import type { WriteOp } from "@fixpoint/core"
import { FixpointError } from "@fixpoint/core/errors"
import {
  checkProgress,
  checkSight,
  type EngineSimulation,
  simulateEngines,
  TokenBook,
} from "@fixpoint/testkit/simulation"
import { expect, test } from "vitest"

/** A seed without any trouble. */
const quietSeed = 2

const firstOf = ({ living }: EngineSimulation) => living[0] as EngineSimulation["living"][number]

/** Writes at the first device; whether it is published as well. */
async function write(simulation: EngineSimulation, op: WriteOp, isPublished: boolean): Promise<void> {
  const { engine, link } = await simulation.tabOf(firstOf(simulation))
  if (!isPublished) link.pause()
  await simulation.until(engine.write([op]))
  await simulation.world.advance(1_000)
  if (isPublished) for (const device of simulation.living) await simulation.syncOf(device)
}

const addOne: WriteOp = { op: "increment", collection: "docs", id: "book", path: "n", by: 1 }

const broken: Readonly<Record<string, readonly [what: string, sabotage: (simulation: EngineSimulation) => unknown]>> = {
  I1: [
    "objects that nothing else covers are deleted",
    ({ bucket }) => [...bucket.content.all.keys()].forEach((key) => key.includes("/p/") && bucket.content.delete(key)),
  ],
  I3: [
    "a digest is not that of the state",
    async (simulation) => {
      const { engine } = await simulation.tabOf(firstOf(simulation))
      const sync = await engine.sync()
      const { versions } = await simulation.until(sync.digest())
      Object.assign(sync, { digest: async () => ({ digest: "fp1:other", versions }) })
    },
  ],
  I4: ["what was published is something else", ({ bucket }) => bucket.published.packs.clear()],
  I5: ["a write that was promised is nowhere", ({ tokens }) => Object.assign(tokens.issue("A", {}), { state: "must" })],
  I6: ["a write is not published", (simulation) => write(simulation, addOne, false)],
  I7: [
    "one place has two contents",
    async (simulation) => {
      await write(simulation, { op: "put", collection: "docs", id: "a", text: "{}" }, true)
      const { content, published } = simulation.bucket
      const [key = "", object] = [...content.all].find(([name]) => name.includes("/p/0/")) ?? []
      for (const [place, pack] of published.packs) published.packs.set(place, { ...pack, hash: "another" })
      if (object !== undefined) content.put(key, object.bytes, false)
    },
  ],
  I8: ["an actor was sealed below what is shown", ({ bucket }) => Object.assign(bucket.published, { sealOf: () => 1 })],
  I11: [
    "clear text is stored",
    ({ bucket }) => bucket.content.put("space/clear", new TextEncoder().encode("Kanarienvogel"), false),
  ],
  O3: ["one half of a commit is there without the other", (simulation) => write(simulation, addOne, true)],
  O7: [
    "a stored record is changed",
    (simulation) => {
      const { log, blocks } = firstOf(simulation).stored
      for (const { bytes } of log) bytes.set([1, 2, 3], bytes.length - 3)
      for (const bytes of blocks.values()) bytes.set([1, 2, 3], bytes.length - 3)
    },
  ],
  O10: [
    "a bucket never answers",
    ({ bucket }) => Object.assign(bucket.content, { get: () => new Promise(() => undefined) }),
  ],
  O15: [
    "a call fails with what says nothing",
    ({ bucket }) =>
      Object.assign(bucket.content, {
        get: () => {
          throw new FixpointError("INTERNAL")
        },
      }),
  ],
  O11: ["a timer is left", ({ world }) => world.time.after(24 * 3_600_000, () => undefined)],
}

const cases = Object.entries(broken).map(([name, [what, sabotage]]) => ({ name, what, sabotage }))

test.each(cases)("$name fires: $what", async ({ name, sabotage }) => {
  const run = simulateEngines({
    seed: quietSeed,
    steps: 20,
    sabotage: async (simulation) => void (await sabotage(simulation)),
  })
  await expect(run).rejects.toThrow(new RegExp(`^${name}:`))
})

test("I10 fires: a device forgets what it had of others", () => {
  const device = { name: "A", seeded: {}, knownOthers: new Map<string, number>(), selves: new Set("m") }
  const check = (versions: Record<string, number>) =>
    checkProgress({ bucket: { actorsOf: new Map() } }, device, versions)
  check({ one: 2, other: 1, m: 4 })
  check({ one: 3, other: 1, m: 3 })
  expect(() => check({ one: 2, other: 1 })).toThrow(/^I10:/)
  expect(() => check({ one: 3 })).toThrow(/^I10:/)
})

test("O5 fires: a tab does not see what it wrote itself", () => {
  const tokens = new TokenBook()
  const token = tokens.issue("A", {})
  token.state = "must"
  checkSight(tokens, { total: 1, names: [token.name], words: [], marks: [] }, [token])
  expect(() => checkSight(tokens, { total: 0, names: [], words: [], marks: [] }, [token])).toThrow(/^O5:/)
})

test("O3 fires: a write counts twice, or is one that nobody made", () => {
  const tokens = new TokenBook()
  const { name } = tokens.issue("A", {})
  expect(() => checkSight(tokens, { total: 2, names: [name], words: [], marks: [] }, [])).toThrow(/^O3:/)
  expect(() => checkSight(tokens, { total: 1, names: ["another"], words: [], marks: [] }, [])).toThrow(/^O3:/)
})
