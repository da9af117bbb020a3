import { afterEach, expect, test, vi } from "vitest"

const loadHome = vi.hoisted(() => vi.fn())
vi.mock("./home-file.ts", () => ({ loadHome }))
const { serve } = await import("./worker.ts")

afterEach(() => vi.unstubAllGlobals())

/** The scope of a worker, whose page says things. */
function workerScope() {
  const listeners = new Set<(event: MessageEvent) => void>()
  const reported: unknown[] = []
  vi.stubGlobal("addEventListener", (_: string, listener: (event: MessageEvent) => void) => listeners.add(listener))
  vi.stubGlobal("removeEventListener", (_: string, listener: (event: MessageEvent) => void) =>
    listeners.delete(listener),
  )
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error))
  const say = (data: string) => {
    for (const listener of listeners) listener({ data } as MessageEvent)
  }
  return { listeners, reported, say }
}

test("what the page says before the engine is there is handed to it, in order", async () => {
  const { listeners, say } = workerScope()
  const serveHome = vi.fn<(given: unknown, early: readonly MessageEvent[]) => void>()
  loadHome.mockImplementationOnce(async () => {
    await Promise.resolve()
    say("two")
    return { serveHome }
  })
  const gateways = {}
  serve({ gateways })
  say("one")
  await vi.waitFor(() => expect(serveHome).toHaveBeenCalledOnce())
  const [given, early] = serveHome.mock.calls[0] ?? []
  expect(given).toBe(gateways)
  expect(early?.map(({ data }) => data)).toEqual(["one", "two"])
  expect(listeners.size).toBe(0)
})

test("an engine that does not load is reported, so that the page hears of it as of a script that did not", async () => {
  const { reported } = workerScope()
  const failure = new TypeError("Failed to fetch")
  loadHome.mockRejectedValueOnce(failure)
  serve()
  await vi.waitFor(() => expect(reported).toEqual([failure]))
})
