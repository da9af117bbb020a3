// Texts in the cells of documents: devices that write apart and join states end with the same text, whatever is joined in what
// order, and with all that each of them wrote.
import fc from "fast-check"
import { expect, test, vi } from "vitest"
import * as Y from "yjs"
import type { Stamp } from "../../packages/core/src/clock/stamp.ts"
import { cellKey } from "../../packages/core/src/crdt/cell-key.ts"
import { type Cells, joinStates, type State } from "../../packages/core/src/crdt/cells.ts"
import { endsOf, renamed, restamped } from "../../packages/core/src/crdt/restamp.ts"
import { rowState, stateRow } from "../../packages/core/src/crdt/row-state.ts"
import { LoadedText } from "../../packages/core/src/text/loaded-text.ts"
import type { Shown } from "../../packages/core/src/text/shown-text.ts"
import { unreadText } from "../../packages/core/src/text/unread-text.ts"
import { canonical, joinAll, newActors, shown } from "./replicas.ts"

vi.setConfig({ testTimeout: 120_000 })

const path = "body"
const actorOf = (who: number): string => String(who).repeat(16)

/** What the document shows of the text. */
function shownIn({ cells }: State): Shown | undefined {
  const { value, stamp } = cells.get(path) ?? {}
  return value === undefined || stamp === undefined ? undefined : { value, stamp }
}

/** A device that has the text open, and the state of its document. */
function writer(who: number, begun: State, tab = who) {
  const actor = actorOf(who)
  const held = { state: begun, hlc: 100 + who }
  const unread = unreadText({ ...begun, shown: shownIn(begun) }, path, actor)
  const text = new LoadedText({
    path,
    type: "text",
    client: 1000 + tab,
    handed: unread,
    onUpdate: () => undefined,
    onDamaged: ({ key }) => expect.unreachable(key),
  })
  const page = new Y.Doc()
  page.clientID = 2000 + tab
  const takeIn = (): void => {
    text.take(held.state, shownIn(held.state), actor)
  }
  const take = (): void => {
    takeIn()
    Y.applyUpdateV2(page, text.state())
  }
  const store = (update: Uint8Array | undefined, isAtRest: boolean, isStored = true): void => {
    take()
    if (update !== undefined) text.write(update, who, false)
    held.hlc += 10
    const stamp: Stamp = { hlc: held.hlc, actor }
    const drawn = text.draw(held.state.cells, undefined, { self: actor, stamp, isAtRest, isShown: true })
    if (!isStored) return
    const cells: Cells = new Map([...held.state.cells, [path, { stamp, value: text.plain() }], ...drawn.cells])
    held.state = { life: held.state.life, cells }
    text.stored(drawn, undefined)
  }
  return {
    held,
    text,
    take,
    type(at: number, erased: number, inserted: string, isStored = true): void {
      take()
      const before = Y.encodeStateVector(page)
      const body = page.getText("t")
      const from = at % (body.length + 1)
      page.transact(() => {
        body.delete(from, Math.min(erased, body.length - from))
        body.insert(from, inserted)
      })
      store(Y.encodeStateAsUpdateV2(page, before), false, isStored)
    },
    rest: () => store(undefined, true),
    /** What somebody reads who gets the updates as they are stored. */
    updates(): string {
      if (unread === undefined) take()
      for (const { update } of unread?.chunks ?? []) Y.applyUpdateV2(page, update)
      return page.getText("t").toJSON()
    },
    learn(other: State): void {
      held.state = joinStates(held.state, other)
      held.hlc = Math.max(held.hlc, ...[...other.cells.values()].map(({ stamp }) => stamp.hlc))
    },
  }
}

/** What a device that opens this state reads. */
function read(state: State): string {
  const { text, take } = writer(9, state)
  take()
  // Whether its chunks are one's own or not.
  for (const who of [0, 8]) expect(writer(who, state, 6).updates()).toBe(text.plain())
  return text.plain() as string
}

const begun = (value?: string): State => ({
  life: 0,
  cells: new Map([
    [value === undefined ? "title" : path, { stamp: { hlc: 1, actor: actorOf(1) }, value: value ?? "t" }],
  ]),
})

type Step =
  | {
      readonly kind: "type"
      readonly who: number
      readonly at: number
      readonly erased: number
      readonly text: string
      /** Whether storing it succeeds. */
      readonly isStored: boolean
    }
  | { readonly kind: "rest"; readonly who: number }
  | { readonly kind: "meet"; readonly who: number; readonly other: number }

const who = fc.nat(2)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("type" as const),
      who,
      at: fc.nat(30),
      erased: fc.nat(3),
      text: fc.constantFrom("a", "bc", "é", "😀", "x".repeat(9000), "y".repeat(1500), ""),
      isStored: fc.nat(5).map((n) => n > 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rest" as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("meet" as const), who, other: who }) },
)

test("devices end with the same text, in whatever order their states meet, and rows hold them", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom("hello", undefined), (steps, start) => {
      const writers = [0, 1, 2].map((number) => writer(number, begun(start)))
      for (const one of steps) {
        const own = writers[one.who]!
        if (one.kind === "type") own.type(one.at, one.erased, one.text, one.isStored)
        else if (one.kind === "rest") own.rest()
        else own.learn(writers[one.other]!.held.state)
      }
      // What could not be stored is stored with what comes next.
      for (const one of writers) one.type(0, 0, "e")
      const states = writers.map(({ held }) => held.state)
      const all = joinAll(states)
      for (const other of [joinAll(states.toReversed()), joinStates(all, states[1]!), joinStates(all, all)])
        expect(canonical(other)).toEqual(canonical(all))
      const actors = newActors()
      expect(canonical(rowState(stateRow(all, actors), actors))).toEqual(canonical(all))
      const texts = writers.map((one) => {
        one.learn(all)
        one.take()
        return one.text.plain()
      })
      expect(new Set(texts)).toEqual(new Set([read(all)]))
    }),
    { numRuns: 60 },
  )
})

test("two who begin the same field apart keep both beginnings; a plain value begins it once", () => {
  const [a, b] = [writer(0, begun()), writer(1, begun())]
  a.type(0, 0, "from a")
  b.type(0, 0, "from b")
  const text = read(joinStates(a.held.state, b.held.state))
  expect([text.includes("from a"), text.includes("from b"), text.length]).toEqual([true, true, 12])
  const [c, d] = [writer(0, begun("hello")), writer(1, begun("hello"))]
  c.type(5, 0, " c")
  d.type(5, 0, " d")
  expect(read(joinStates(c.held.state, d.held.state))).toMatch(/^hello( c d| d c)$/)
})

test("a register written over a text and the chunks leave each other alone, but what replaces the object around takes both", () => {
  const a = writer(0, begun())
  a.type(0, 0, "text")
  const { cells } = a.held.state
  const chunk = cellKey(path, "y", `${actorOf(0)}.0`)
  const later = { hlc: 9_000, actor: actorOf(1) }
  const over = joinStates(a.held.state, { life: 0, cells: new Map([[path, { stamp: later, value: "plain" }]]) })
  expect(over.cells.get(chunk)).toEqual(cells.get(chunk))
  expect(shown(over)).toEqual({ title: "t", body: "plain" })
  const dead = joinStates(over, { life: 0, dead: later, cells: new Map() })
  expect(dead.cells.size).toBe(0)
})

test("a device that goes on as another actor says all again, and ends what others have of it", () => {
  const a = writer(0, begun())
  a.type(0, 0, "sent")
  const sent = a.held.state
  a.type(4, 0, " and void")
  const ending = new Map([[actorOf(0), 110]])
  const { life, cells } = renamed(a.held.state, ending, actorOf(7))
  expect([...cells.keys()].filter((key) => key.includes("\0y"))).toEqual([cellKey(path, "y", `${actorOf(7)}.0`)])
  const next = { life, cells: new Map([...cells, ...endsOf(a.held.state, ending, actorOf(7))]) }
  const again = restamped(next, ({ actor }) => actor === actorOf(7), { hlc: 500, actor: actorOf(7) })
  expect(canonical(joinStates(sent, again))).toEqual(canonical(again))
  expect(read(again)).toBe("sent and void")
  const copy = writer(0, sent, 5)
  copy.held.hlc = 110
  copy.type(4, 0, " elsewhere")
  expect(read(joinStates(copy.held.state, again))).toMatch(/^sent( and void elsewhere| elsewhere and void)$/)
})
