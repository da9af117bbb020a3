// The laws of the merge, over histories of devices that write offline through the real entry points.
import fc from "fast-check"
import { describe, expect, test, vi } from "vitest"
import { compareStamps } from "../../packages/core/src/clock/stamp.ts"
import { compareLives, joinStates, type State } from "../../packages/core/src/crdt/cells.ts"
import { rowState, stateRow } from "../../packages/core/src/crdt/row-state.ts"
import { histories } from "./histories.ts"
import { canonical, joinAll, newActors, type Run, run, shown, stateOf } from "./replicas.ts"

// Thousands of histories take seconds, and more on a machine that does other work.
vi.setConfig({ testTimeout: 180_000 })

const numRuns = 1500

/** Every state that any device was ever in. */
const statesOf = ({ commits, devices }: Run): State[] => [
  ...commits.map(({ after }) => after),
  ...devices.map(stateOf).filter((state) => state !== undefined),
]

/** A run with states picked from it, of devices at different times. */
const picked = (count: number) =>
  fc.tuple(histories, fc.array(fc.nat(), { minLength: count, maxLength: count })).map(([history, picks]) => {
    const states = statesOf(run(history))
    return states.length === 0 ? [] : picks.map((pick) => states[pick % states.length] as State)
  })

/** The same through rows, as a device stores it. */
const viaRows = (state: State): State => {
  const actors = newActors()
  return rowState(stateRow(state, actors), actors)
}

describe("merging", () => {
  test("is commutative", () => {
    fc.assert(
      fc.property(picked(2), ([a, b]) => {
        if (a === undefined || b === undefined) return
        expect(canonical(joinStates(a, b))).toEqual(canonical(joinStates(b, a)))
        expect(shown(joinStates(a, b))).toEqual(shown(joinStates(b, a)))
      }),
      { numRuns },
    )
  })

  test("is associative, also when rows lie between", () => {
    fc.assert(
      fc.property(picked(3), ([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return
        const left = joinStates(viaRows(joinStates(a, b)), c)
        const right = joinStates(a, viaRows(joinStates(b, c)))
        expect(canonical(left)).toEqual(canonical(right))
        expect(shown(left)).toEqual(shown(right))
      }),
      { numRuns },
    )
  })

  test("is idempotent, and absorbs what it has seen", () => {
    fc.assert(
      fc.property(picked(2), ([a, b]) => {
        if (a === undefined || b === undefined) return
        expect(canonical(joinStates(a, a))).toEqual(canonical(a))
        const both = joinStates(a, b)
        expect(canonical(joinStates(both, a))).toEqual(canonical(both))
        expect(canonical(joinStates(b, both))).toEqual(canonical(both))
      }),
      { numRuns },
    )
  })

  test("of single commits, in any order and repeated, gives what merging whole states gives", () => {
    fc.assert(
      fc.property(
        histories,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        (history, again, order) => {
          const made = run(history)
          if (made.commits.length === 0) return
          const deltas = made.commits.map(({ delta }) => delta)
          const sent = [...deltas, ...again.map((pick) => deltas[pick % deltas.length] as State)]
          const shuffled = sent
            .map((delta) => ({ delta, rank: order.next().value as number }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ delta }) => delta)
          const whole = joinAll(statesOf(made))
          expect(canonical(joinAll(shuffled))).toEqual(canonical(whole))
          expect(shown(joinAll(shuffled))).toEqual(shown(whole))
        },
      ),
      { numRuns },
    )
  })

  test("brings every device to the same document, whoever meets whom first", () => {
    fc.assert(
      fc.property(histories, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (history, order) => {
        const finals = run(history).devices.map(stateOf)
        const known = order.map((device) => finals[device]).filter((state) => state !== undefined)
        if (known.length === 0) return
        const documents = known.map((_, start) => {
          const turned = [...known.slice(start), ...known.slice(0, start)]
          return shown(turned.map(viaRows).reduce((a, b) => viaRows(joinStates(a, b))))
        })
        for (const document of documents) expect(document).toEqual(documents[0])
      }),
      { numRuns },
    )
  })
})

describe("lives", () => {
  test("no order half-resurrects a document: of the greatest life all that is shown was written in it", () => {
    fc.assert(
      fc.property(histories, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (history, picks) => {
        const { commits } = run(history)
        const some = picks.flatMap((pick) => commits[pick % commits.length] ?? [])
        if (some.length === 0) return
        const merged = joinAll(some.map(({ after }) => after))
        const lives = some.map(({ after }) => after.life)
        const greatest = lives.reduce((a, b) => (compareLives(a, b) >= 0 ? a : b))
        expect(compareLives(merged.life, greatest)).toBe(0)
        const ofLife = some.filter(({ after }) => compareLives(after.life, greatest) === 0)
        expect(merged.dead !== undefined).toBe(ofLife.some(({ after }) => after.dead !== undefined))
        expect(shown(merged) === undefined).toBe(merged.dead !== undefined)
        const written = commits.filter(({ after }) => compareLives(after.life, greatest) === 0)
        for (const { stamp } of merged.cells.values())
          expect(written.some((commit) => compareStamps(commit.stamp, stamp) === 0)).toBe(true)
      }),
      { numRuns },
    )
  })
})
