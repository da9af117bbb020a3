// Which packs can be taken, and why others cannot; each verdict by hand.
import { describe, expect, test } from "vitest"
import { clockAheadMsMax } from "../base/limits.ts"
import { hlcOfMs } from "../clock/hlc.ts"
import { rowKey } from "../codec/key.ts"
import { disagreements, type Intake, takePacks } from "./chain.ts"
import { noHash, type ObjectCodec, type Pack } from "./objects.ts"
import { soundRules } from "./rules.ts"

/** The hash of a chain tells all that went into it. */
const codec = { hashOf: async ({ lo, hi }: Pack, previous: string) => `${previous} ${lo}-${hi}` } as ObjectCodec
const nowMs = Date.UTC(2026, 10, 26)
const first = `${noHash} 0-3`

const packOf = (over: Partial<Pack> = {}): Pack => ({
  actor: "a",
  lo: 0,
  hi: 3,
  hash: first,
  seen: {},
  isFull: true,
  actors: ["a"],
  rows: [[rowKey("docs", "d"), "{}\t[2,0]"]],
  ...over,
})

const intake = (over: Partial<Intake> = {}): Intake => ({
  heads: {},
  memory: { seen: {}, floor: {}, retired: [] },
  note: { actor: null, sent: null, sure: null, control: [], spans: {} },
  control: { fenced: new Set(), seals: new Map() },
  rules: soundRules,
  codec,
  nowMs,
  ...over,
})

const take = (packs: readonly Pack[], over?: Partial<Intake>) => {
  const actors = [...new Set(packs.map(({ actor }) => actor))]
  return takePacks(intake(over), new Map(actors.map((actor) => [actor, packs.filter((one) => one.actor === actor)])))
}

const second = packOf({ lo: 3, hi: 8, hash: `${first} 3-8`, isFull: false, seen: { b: [2, noHash] } })

describe("a pack", () => {
  test("that continues the chain is taken, with what its author had told before", async () => {
    const b = packOf({ actor: "b", hi: 2, hash: `${noHash} 0-2`, rows: [] })
    const taken = await take([packOf(), second, b])
    expect(taken.moved).toEqual({ a: [8, `${first} 3-8`], b: [2, `${noHash} 0-2`] })
    expect(taken.steps.map(({ known, told }) => [known, told])).toEqual([
      [{}, { a: 3 }],
      [
        { a: 3, b: 2 },
        { a: 8, b: 2 },
      ],
    ])
    expect(taken.note.spans).toEqual({ a: [0, 3], b: [0] })
    // It names another chain of b than the one that is here.
    expect([...taken.forked]).toEqual(["b"])
  })

  test("whose hash is of another chain is none of this one, and nothing behind it is taken", async () => {
    const taken = await take([packOf({ hash: "another" }), second])
    expect([taken.moved, taken.steps, [...taken.forked]]).toEqual([{}, [], ["a"]])
  })

  test("that is here already is passed over, and so is one that begins inside of what is here", async () => {
    const inside = packOf({ lo: 1, hi: 4, hash: "x" })
    const taken = await take([packOf(), inside, second], {
      heads: { a: [3, first], b: [2, noHash] },
    })
    expect(taken.moved).toEqual({ a: [8, `${first} 3-8`] })
    expect([...taken.forked]).toEqual([])
  })

  test("waits for the one before it, and for what its author had seen", async () => {
    expect([...(await take([second])).waiting]).toEqual(["a"])
    const taken = await take([second], { heads: { a: [3, first] } })
    expect([taken.moved, [...taken.waiting]]).toEqual([{}, ["a"]])
  })

  test("of a fenced actor is not taken, and of a sealed one up to its seal", async () => {
    const fenced = { fenced: new Set(["a"]), seals: new Map() }
    const none = await take([packOf()], { control: fenced })
    expect([none.moved, [...none.forked], [...none.waiting]]).toEqual([{}, [], []])
    const heads = { b: [2, noHash] as const }
    const seals = new Map([["a", [3, first] as const]])
    const taken = await take([packOf(), second], { heads, control: { fenced: new Set(), seals } })
    expect(taken.moved).toEqual({ a: [3, first] })
    const nothing = { fenced: new Set<string>(), seals: new Map([["a", null]]) }
    expect((await take([packOf()], { control: nothing })).moved).toEqual({})
  })

  test("that is dated too far ahead waits for its time", async () => {
    const hi = hlcOfMs(nowMs + clockAheadMsMax + 1)
    const ahead = packOf({ hi, hash: `${noHash} 0-${hi}` })
    const early = await take([ahead])
    expect([early.moved, [...early.ahead]]).toEqual([{}, ["a"]])
    expect((await take([ahead], { nowMs: nowMs + 1 })).moved).toEqual({ a: [hi, ahead.hash] })
  })
})

test("heads of one clock and two chains disagree", () => {
  expect(disagreements({ a: [3, "x"], b: [3, "x"], c: [3, "x"] }, { a: [3, "y"], b: [3, "x"], c: [4, "y"] })).toEqual([
    "a",
  ])
})
