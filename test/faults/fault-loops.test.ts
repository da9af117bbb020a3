// Every effect that an engine asks of store, bucket and sentinel goes wrong in every way, one in each run, and what is left is
// looked at: nothing promised is lost, no commit is there in part or twice, every error has a code, and all goes on.
// A test run takes a sample of effects and ways; FIXPOINT_FAULTS=all takes all (`npm run night`).
import { afterAll, describe, expect, test } from "vitest"
import { Device } from "./device.ts"
import { Effects, type Fault, modes } from "./effects.ts"
import { type Scenario, scenarios, Stage } from "./scenarios.ts"

const isAll = process.env["FIXPOINT_FAULTS"] === "all"
const covered = new Map<string, number>()

/** One way for each effect, and where a bucket makes runs long, for each third one. */
const isSampled = (i: number, m: number, { usesBucket }: Scenario): boolean =>
  usesBucket ? i % 3 === 0 && (i / 3 + m) % modes.length === 0 : (i + m) % modes.length === 0

/** A run with a fault; gives its stage, ended. */
async function play({ before, run }: Scenario, fault: Fault | undefined): Promise<Stage> {
  const stage = new Stage()
  await before?.(stage)
  stage.device.after(stage.life)
  stage.life = stage.device.live(new Effects(fault))
  await run(stage)
  return stage
}

/** What is left after a run is what was promised, and goes on. */
async function expectSound({ usesBucket }: Scenario, stage: Stage): Promise<void> {
  const { journal, device, life } = stage
  const { isCut } = life.effects
  expect(stage.uncoded, "every error has a code").toEqual([])
  device.after(life)

  if (usesBucket) await expectSent(stage)
  stage.life = device.live()
  const engine = await stage.open({ recovers: stage.isWiped })
  const link = usesBucket ? await stage.attach(engine) : undefined
  await stage.sync(link)
  const outcome = await stage.life.outcome(engine.ready())
  expect(outcome, "it opens again").toEqual({ value: undefined })
  // What only the lost disk of a wiped device had is gone; what the bucket had is not.
  const isSure = stage.isWiped
    ? ({ isRemote }: { readonly isRemote: boolean }) => isRemote
    : (tried: { readonly isAcknowledged: boolean; readonly durability: string }) =>
        tried.isAcknowledged && (!isCut || tried.durability === "strict")
  await journal.verify(engine, isSure)
  stage.isCounting &&= (await engine.get("docs", ["counter"]))[0] !== undefined
  await stage.write(engine, "strict")
  await stage.sync(link)
  expect(journal.tried.at(-1)?.isAcknowledged, "it takes writes").toBe(true)
  await stage.attempt(engine.compact())
  const found = await journal.verify(engine, isSure)
  expect(await engine.check({ deep: true })).toMatchObject({ ok: true })
  if (link !== undefined) {
    expect(link.status()).toMatchObject({ pending: 0, lastError: undefined })
    expect(await witness(stage), "every device comes to the same").toEqual(found)
  }
  await engine.close()
  stage.life.effects.end()
}

/** A device that has only the bucket finds what was said to be there. */
async function expectSent(stage: Stage): Promise<void> {
  if (stage.journal.tried.some(({ isRemote }) => isRemote)) await witness(stage)
}

/** The documents of a new device that has synced. */
async function witness(stage: Stage): Promise<readonly string[]> {
  const own = stage.life
  stage.life = new Device(99).live()
  const engine = await stage.open()
  const link = await stage.attach(engine)
  await stage.sync(link)
  const found = await stage.journal.verify(engine, ({ isRemote }) => isRemote)
  await engine.close()
  stage.life.effects.end()
  stage.life = own
  return found
}

describe.each(Object.entries(scenarios))("%s", (name, scenario) => {
  test("survives whatever happens to each of its effects", { timeout: isAll ? 3_600_000 : 600_000 }, async () => {
    const whole = await play(scenario, undefined)
    const effects = whole.life.effects.names
    expect(whole.journal.tried.every(({ isAcknowledged }) => isAcknowledged)).toBe(true)
    await expectSound(scenario, whole)
    expect(effects.length).toBeGreaterThan(3)
    for (const [i, effect] of effects.entries())
      for (const [m, mode] of modes.entries()) {
        if (!isAll && !isSampled(i, m, scenario)) continue
        try {
          const stage = await play(scenario, { at: i + 1, mode })
          await expectSound(scenario, stage)
        } catch (cause) {
          throw new Error(`${name}: effect ${i + 1} (${effect}) ${mode}`, { cause })
        }
        covered.set(name, (covered.get(name) ?? 0) + 1)
      }
  })
})

afterAll(() => {
  const sum = [...covered.values()].reduce((all, count) => all + count, 0)
  process.stdout.write(`fault loops: ${sum} faults in ${covered.size} scenarios\n`)
})
