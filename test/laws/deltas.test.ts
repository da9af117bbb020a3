// What each actor wrote, taken out of states and rows and joined again, is what there was.
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { adoptRow, isPlainRow, writtenRow, writtenSpan } from "../../packages/core/src/crdt/adopt.ts"
import { joinStates, type State } from "../../packages/core/src/crdt/cells.ts"
import { eachStamp, writtenPart } from "../../packages/core/src/crdt/delta.ts"
import { rowState } from "../../packages/core/src/crdt/row-state.ts"
import { histories } from "./histories.ts"
import { canonical, type Device, joinAll, newActors, run, stateOf } from "./replicas.ts"

vi.setConfig({ testTimeout: 180_000 })

const numRuns = 1000

const actorsIn = (state: State): string[] => {
  const actors = new Set<string>()
  eachStamp(state, ({ actor }) => void actors.add(actor))
  return [...actors]
}

const rowsOf = (devices: readonly Device[]) =>
  devices.flatMap(({ row, actors }) => (row === undefined ? [] : [{ row, actors }]))

const ever = Number.POSITIVE_INFINITY

test("the parts of all actors are the whole", () => {
  fc.assert(
    fc.property(histories, (history) => {
      for (const state of run(history).devices.map(stateOf)) {
        if (state === undefined) continue
        const parts = actorsIn(state).map((actor) => writtenPart(state, { actor, after: 0, through: ever }))
        expect(canonical(joinAll(parts.filter((part) => part !== undefined)))).toEqual(canonical(state))
      }
    }),
    { numRuns },
  )
})

test("parts cut as a device goes on, joined in any order, are what it has in the end", () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(3)), fc.infiniteStream(fc.nat()), (history, cuts, order) => {
      // A device alone: what it cuts now and then is all that it ever wrote.
      const { commits } = run(history.filter(({ kind }) => kind === "commit").map((event) => ({ ...event, device: 0 })))
      let after = 0
      const parts: State[] = []
      for (const [i, { after: state, stamp }] of commits.entries()) {
        if (i < commits.length - 1 && cuts[i] !== 0) continue
        const part = writtenPart(state, { actor: stamp.actor, after, through: ever })
        if (part !== undefined) parts.push(part)
        after = stamp.hlc
      }
      const last = commits.at(-1)
      if (last === undefined) return
      const shuffled = [...parts, ...parts].map((part) => [order.next().value ?? 0, part] as const)
      const joined = joinAll(shuffled.sort(([a], [b]) => a - b).map(([, part]) => part))
      expect(canonical(joinStates(joined, last.after))).toEqual(canonical(joined))
      expect(canonical(joined)).toEqual(canonical(last.after))
    }),
    { numRuns },
  )
})

test("rows move to another table of actors, whole or in part, as their states do", () => {
  fc.assert(
    fc.property(histories, fc.nat(200), fc.nat(300), (history, after, more) => {
      const through = more > 200 ? ever : after + more
      for (const { row, actors } of rowsOf(run(history).devices)) {
        const table = newActors()
        for (let i = 0; i < 3; i++) table.indexOf("u".repeat(15) + i)
        const state = rowState(row, actors)
        expect(canonical(rowState(adoptRow(row, actors, table), table))).toEqual(canonical(state))
        for (const actor of actorsIn(state)) {
          const writer = { actor, after, through }
          const part = writtenRow(row, actors, table, writer)
          const expected = writtenPart(state, writer)
          expect(part && canonical(rowState(part, table))).toEqual(expected && canonical(expected))
          const span = writtenSpan(row, actors, writer)
          const clocks: number[] = []
          eachStamp(state, (stamp) => {
            if (stamp.actor === actor && stamp.hlc > after && stamp.hlc <= through) clocks.push(stamp.hlc)
          })
          // A row keeps the stamp of its newest whole write, of which nothing may be left.
          if (clocks.length > 0) expect(span).toBeDefined()
          if (span === undefined) continue
          expect(span.first).toBeLessThanOrEqual(Math.min(...clocks))
          expect(span.last).toBeGreaterThanOrEqual(Math.max(...clocks))
          expect(span.first > after && span.last <= through).toBe(true)
        }
        if (isPlainRow(row)) expect(actorsIn(state)).toHaveLength(1)
      }
    }),
    { numRuns },
  )
})
