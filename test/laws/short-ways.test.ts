// What `editRow` does to rows: every short way is the long one by cells, and rows and states are the same thing.
import fc from "fast-check"
import { describe, expect, test, vi } from "vitest"
import type { Json } from "../../packages/core/src/base/json.ts"
import { formatStamp } from "../../packages/core/src/clock/stamp.ts"
import { isFields } from "../../packages/core/src/crdt/changes.ts"
import { joinStates } from "../../packages/core/src/crdt/cells.ts"
import { editRow, editRowByCells } from "../../packages/core/src/crdt/row-edit.ts"
import { rowVersion, rowView } from "../../packages/core/src/crdt/row-view.ts"
import { rowState, stateRow } from "../../packages/core/src/crdt/row-state.ts"
import { declarations, documents, edits, histories, stayingEdits } from "./histories.ts"
import type { Edit } from "../../packages/core/src/crdt/target.ts"
import { canonical, commit, type Event, newActors, newDevice, run, shown, stateOf } from "./replicas.ts"

// Thousands of histories take seconds, and more on a machine that does other work.
vi.setConfig({ testTimeout: 180_000 })

const numRuns = 1000

/** A field that keeps siblings for one and is an object for another: what siblings hide is not seen again with the next object there. */
const hidden: Event[] = [
  { kind: "commit", device: 1, edits: [{ op: "put", text: '{"s":{"a":null}}' }], fields: {} },
  { kind: "commit", device: 2, edits: [{ op: "delete" }, { op: "put", text: '{"s":[]}' }], fields: { s: "mv" } },
  { kind: "sync", from: 1, to: 2 },
  { kind: "commit", device: 2, edits: [{ op: "put", text: "{}" }], fields: { s: "mv" } },
]

describe("a write", () => {
  test("gives by its short way the state of the long way", () => {
    fc.assert(
      fc.property(
        histories,
        fc.array(edits, { minLength: 1, maxLength: 3 }),
        declarations,
        (history, writes, fields) => {
          for (const device of run(history).devices) {
            const context = { stamp: { hlc: device.hlc + 1, actor: device.actor }, actors: device.actors, fields }
            let { row } = device
            for (const edit of writes) {
              const short = outcome(() => editRow(row, edit, context))
              const long = outcome(() => editRowByCells(row, edit, context))
              expect(short.failure).toEqual(long.failure)
              if (short.row === undefined || long.row === undefined) continue
              expect(short.row === (row ?? "")).toBe(long.row === (row ?? ""))
              if (short.row === "") continue
              row = short.row
              expect(canonical(rowState(row, device.actors))).toEqual(canonical(rowState(long.row, device.actors)))
              expect(JSON.parse(rowView(row) ?? "null")).toEqual(JSON.parse(rowView(long.row) ?? "null"))
            }
          }
        },
      ),
      { numRuns },
    )
  })

  test("is the join of the state with what carries its stamp, and leaves the version of its stamp", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { devices, commits } = run(history)
        for (const { before, after, delta, stamp, rows, device } of commits) {
          expect(canonical(before === undefined ? delta : joinStates(before, delta))).toEqual(canonical(after))
          expect(rowVersion(rows[1], devices[device]!.actors)).toBe(formatStamp(stamp))
          expect(JSON.parse(rowView(rows[1]) ?? "null")).toEqual(shown(after) ?? null)
        }
      }),
      { numRuns },
    )
  })

  test("makes the document equal to what was put", () => {
    fc.assert(
      fc.property(histories, documents, fc.array(stayingEdits, { maxLength: 2 }), (history, document, earlier) => {
        for (const device of run(history).devices) {
          // A number put where a counter counts, or a list where a set is, keeps being one: the list comes back sorted.
          const put: Edit = { op: "put", text: JSON.stringify(document) }
          commit(device, shown(stateOf(device)) === undefined ? [put] : [...earlier, put])
          expect(loose(shown(stateOf(device)))).toEqual(loose(document))
        }
      }),
      { numRuns, examples: [[hidden, { s: {} }, []]] },
    )
  })

  test("sets the fields that a patch names, and no others", () => {
    fc.assert(
      fc.property(documents, documents, fc.boolean(), (document, other, keep) => {
        const device = newDevice(0)
        commit(device, [{ op: "put", text: JSON.stringify(document) }])
        const entries = Object.entries(other).map(([key, value]) => [key, keep ? value : undefined] as const)
        const version = device.row
        commit(device, [{ op: "patch", entries }])
        const expected: Record<string, Json> = { ...document, ...other }
        if (!keep) for (const key of Object.keys(other)) delete expected[key]
        expect(shown(stateOf(device))).toEqual(expected)
        if (entries.length === 0) expect(device.row).toBe(version)
      }),
      { numRuns: 1000 },
    )
  })
})

describe("a row", () => {
  test("holds a state, whatever the numbers of its actors", () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const device of run(history).devices) {
          const state = stateOf(device)
          if (state === undefined) continue
          const actors = newActors()
          const row = stateRow(state, actors)
          expect(row.split(/[\t\r\n]/)).toHaveLength(2)
          expect(canonical(rowState(row, actors))).toEqual(canonical(state))
          expect(rowVersion(row, actors)).toBe(rowVersion(device.row ?? "", device.actors))
        }
      }),
      { numRuns },
    )
  })
})

function outcome(write: () => string): { row?: string; failure?: string } {
  try {
    return { row: write() }
  } catch (error) {
    return { failure: (error as { code?: string }).code ?? String(error) }
  }
}

/** Lists as the sets they may be shown as. */
function loose(value: Json | undefined): unknown {
  if (Array.isArray(value)) return new Set((value as Json[]).map((one) => JSON.stringify(one)))
  return isFields(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, loose(one)])) : value
}
