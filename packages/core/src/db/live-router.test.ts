import { describe, expect, test } from "vitest"
import type { LiveStep } from "../api/live-step.ts"
import type { Live } from "../query/live.ts"
import { type RowDelta, viewOf } from "../query/row-delta.ts"
import type { Route } from "../query/routes.ts"
import { LiveRouter } from "./live-router.ts"

const delta = (id: string, before: string | undefined, after: string | undefined): RowDelta => ({
  collection: "c",
  id,
  before: viewOf(before),
  after: viewOf(after),
})
const step: LiveStep = { kind: "reset", documents: [] }
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** A live query that notes what it is asked, and reads when it is told to. */
function noted(route: Route | undefined, options: { readonly isEnough?: () => boolean } = {}) {
  const notes: string[] = []
  const reading = { end: () => undefined as void, fail: (_: Error) => undefined as void }
  const live: Live = {
    follow: (follow) => void follow("c", route),
    read: () =>
      new Promise((resolve, reject) => {
        notes.push("read")
        reading.end = resolve
        reading.fail = reject
      }),
    apply(deltas) {
      if (deltas.length > 0) notes.push(deltas.map(({ id, after }) => `${id}=${after?.text}`).join())
      return options.isEnough?.() ?? true
    },
    step: () => step,
  }
  const told: LiveStep[] = []
  return { live, notes, reading, told, listener: (one: LiveStep) => void told.push(one) }
}

describe("the live router", () => {
  test("brings what comes while a query reads after it, and nothing is told meanwhile", async () => {
    const router = new LiveRouter()
    const { live, notes, reading, told, listener } = noted(undefined)
    router.publish([delta("a", undefined, "1")])
    router.mount(live, listener)
    router.confirm()
    router.publish([delta("b", undefined, "2")])
    router.confirm()
    await turn()
    expect([notes, told.length]).toEqual([["read"], 0])
    reading.end()
    await turn()
    expect([notes, told.length]).toEqual([["read", "a=1,b=2"], 1])
  })

  test("reads again what was mounted while a commit was under way that nobody had wanted", async () => {
    const router = new LiveRouter()
    expect(router.wants("c")).toBe(false)
    router.publish([])
    const { live, notes, reading, told, listener } = noted(undefined)
    router.mount(live, listener)
    reading.end()
    await turn()
    router.confirm()
    reading.end()
    await turn()
    expect([notes, told.length]).toEqual([["read", "read"], 2])
    expect(router.wants("c")).toBe(true)
    router.confirm()
    expect(notes.length).toBe(2)
  })

  test("tells once a turn, however many commits it has", async () => {
    const router = new LiveRouter()
    const { live, reading, told, listener } = noted(undefined)
    router.mount(live, listener)
    reading.end()
    await turn()
    for (let i = 0; i < 5; i++) router.publish([delta("a", undefined, `${i}`)])
    await turn()
    expect(told.length).toBe(2)
  })

  test("takes back the deltas of a commit that was not stored", async () => {
    const router = new LiveRouter()
    const { live, notes, reading, listener } = noted(undefined)
    router.mount(live, listener)
    reading.end()
    await turn()
    router.publish([delta("a", "0", "1"), delta("b", undefined, "2")])
    router.retract()
    router.publish([delta("a", "0", "3")])
    router.confirm()
    router.retract()
    expect(notes).toEqual(["read", "a=1,b=2", "a=0,b=undefined", "a=3"])
  })

  test("reads again when what a query holds is not enough", async () => {
    const router = new LiveRouter()
    const enough = { is: true }
    const { live, notes, reading, told, listener } = noted(undefined, { isEnough: () => enough.is })
    router.mount(live, listener)
    reading.end()
    await turn()
    enough.is = false
    router.publish([delta("a", "1", undefined)])
    expect(notes).toEqual(["read", "a=undefined", "read"])
    router.confirm()
    enough.is = true
    await turn()
    expect(told.length).toBe(1)
    reading.end()
    await turn()
    expect(notes.at(-1)).toBe("a=undefined")
    expect(told.length).toBe(2)
  })

  test("of a thousand queries on a thousand keys, a change reaches one", async () => {
    const router = new LiveRouter()
    const queries = Array.from({ length: 1_000 }, (_, i) => noted({ path: "list", values: [`l${i}`] }))
    for (const { live, listener, reading } of queries) {
      router.mount(live, listener)
      reading.end()
    }
    await turn()
    router.publish([delta("a", '{"list":"l3"}', '{"list":"l5"}')])
    const reached = queries.flatMap(({ notes }, i) => (notes.length > 1 ? [i] : []))
    expect(reached).toEqual([3, 5])
  })

  test("a read that fails, or is stopped, leaves nothing behind", async () => {
    const router = new LiveRouter()
    const failing = noted({ path: "p", values: [1] })
    router.mount(failing.live, failing.listener)
    const stopped = noted(undefined)
    const stop = router.mount(stopped.live, stopped.listener)
    expect([router.size, router.wants("c")]).toEqual([2, true])
    stop()
    failing.reading.fail(new Error("x"))
    await turn()
    expect([router.size, router.wants("c")]).toEqual([0, false])
    expect(failing.told).toMatchObject([{ kind: "error" }])
    stopped.reading.end()
    await turn()
    expect(stopped.told).toEqual([])
  })

  test("the failure of the database ends every query", () => {
    const router = new LiveRouter()
    const { live, told, listener } = noted(undefined)
    router.mount(live, listener)
    router.restart()
    router.fail({ toJSON: () => ({ code: "STORE_LOST" }) } as never)
    expect(told).toMatchObject([{ kind: "error", error: { code: "STORE_LOST" } }])
    expect([router.size, router.wants("c")]).toEqual([0, false])
  })
})
