// What only a real worker can show: its death, its failure to start, and messages that no page of ours would send.
import { transfer, wrap } from "comlink"
import { type Database, fixpoint, FixpointError, isFixpointError, type Options } from "fixpoint"
import { expect, test } from "vitest"
import { refusal } from "./suite/case.ts"

const startWorker = () =>
  new Worker(new URL("../../packages/fixpoint/src/worker-default.js", import.meta.url), { type: "module" })

const startHanging = () => new Worker(new URL("./hanging-worker.ts", import.meta.url), { type: "module" })

/** A database whose workers the test can end. */
function openMortal(options: Options = {}, start = startWorker) {
  const workers: Worker[] = []
  const worker = () => {
    const started = start()
    workers.push(started)
    return started
  }
  const db = fixpoint(crypto.randomUUID(), { ...options, worker })
  const kill = () => workers.at(-1)?.terminate()
  /** From here on the worker answers nothing. A worker that is ended may still answer what comes right after. */
  const hang = () =>
    new Promise<void>((resolve) => {
      const last = workers.at(-1)
      last?.addEventListener("message", ({ data }) => data === "hanging" && resolve())
      last?.postMessage("hang")
    })
  return { db, workers, hang, kill }
}

const untilStatus = (db: Database, state: string) =>
  new Promise<void>((resolve) => {
    if (db.status.state === state) resolve()
    db.on("status", (status) => status.state === state && resolve())
  })

test("a worker that dies rejects what was under way, is replaced, and live queries go on", async () => {
  const { db, workers, hang, kill } = openMortal({}, startHanging)
  const told: string[] = []
  const errors: FixpointError[] = []
  db.on("error", (error) => errors.push(error))
  await db.put({ _id: "a", n: 1 })
  const seen = { wake: (): void => undefined }
  const stop = db.where({}).watch((docs, delta) => {
    told.push(`${docs.map(({ _id }) => _id).join("")} ${delta.added.length}`)
    seen.wake()
  })
  const telling = async (count: number) => {
    while (told.length < count) await new Promise<void>((resolve) => (seen.wake = resolve))
  }
  await telling(1)
  await hang()
  const under = [
    db.get("a"),
    db.put({ _id: "b" }),
    db.compact(),
    db.transaction((tx) => tx.collection("docs").get("a")),
  ]
  kill()
  expect(await Promise.all(under.map((call) => refusal(() => call)))).toEqual(under.map(() => "WORKER_LOST"))
  await untilStatus(db, "ready")
  expect(db.status.error).toBeUndefined()
  expect(workers.length).toBe(2)
  expect(errors.map(({ code, retryable }) => [code, retryable])).toEqual([["WORKER_LOST", true]])
  expect(await db.get("a")).toEqual({ _id: "a", n: 1 })
  await db.put({ _id: "c" })
  await telling(2)
  expect(told).toEqual(["a 1", "ac 1"])
  stop()
  await db.destroy()
})

test("calls that come while a worker is being replaced wait for the next one", async () => {
  const { db, kill } = openMortal()
  await db.put({ _id: "a" })
  kill()
  await untilStatus(db, "opening")
  expect(await db.get("a")).toEqual({ _id: "a" })
  await db.destroy()
})

test("workers that die again and again are not replaced for ever", async () => {
  const { db, workers, kill } = openMortal()
  for (let death = 0; death < 4; death++) {
    await db.ready()
    kill()
    await untilStatus(db, death < 3 ? "opening" : "failed")
  }
  expect(workers.length).toBe(4)
  expect(db.status.error?.code).toBe("WORKER_LOST")
  expect(await refusal(() => db.get("a"))).toBe("WORKER_LOST")
  await db.close()
})

test("data that was in the memory of a dead worker is lost, and not an empty database", async () => {
  const { db, kill } = openMortal({ storage: "memory" })
  await db.put({ _id: "a" })
  expect(db.status.persistence).toBe("memory")
  kill()
  await untilStatus(db, "failed")
  expect(await refusal(() => db.get("a"))).toBe("STORE_LOST")
  await db.close()
})

test("the end of a database ends its worker", async () => {
  const { db, workers } = openMortal()
  await db.ready()
  const [worker] = workers
  const locks = async () =>
    (await navigator.locks.query()).held?.filter(({ name }) => name?.startsWith("fixpoint-worker-")) ?? []
  expect((await locks()).length).toBe(1)
  await db.destroy()
  while ((await locks()).length > 0) await new Promise((resolve) => setTimeout(resolve))
  expect(worker).toBeInstanceOf(Worker)
})

const broken: readonly (readonly [string, () => Worker])[] = [
  ["whose script is not there", () => new Worker(`/nowhere/${crypto.randomUUID()}.js`, { type: "module" })],
  ["whose script does not parse", () => new Worker(URL.createObjectURL(new Blob(["("])), { type: "module" })],
  ["that throws", () => new Worker(URL.createObjectURL(new Blob(["throw 1"])), { type: "module" })],
  [
    "that cannot be made",
    () => {
      throw new DOMException("refused", "SecurityError")
    },
  ],
  ["that is none", () => undefined as unknown as Worker],
]
test.each(broken)("a worker %s has a code, and says what to do", async (_, worker) => {
  const db = fixpoint(crypto.randomUUID(), { worker })
  const error: unknown = await db.ready().catch((thrown: unknown) => thrown)
  if (!isFixpointError(error)) throw error
  expect(error.code).toBe("STORE_UNAVAILABLE")
  expect(error.message).toContain("serve()")
  expect(db.status).toMatchObject({ state: "failed", error: { code: "STORE_UNAVAILABLE" } })
  await db.close()
})

/** An engine in a worker, without any page side of ours. */
async function rawEngine() {
  const worker = startWorker()
  const { port1, port2 } = new MessageChannel()
  const request = {
    name: crypto.randomUUID(),
    storage: "memory",
    durability: "relaxed",
    keys: { kind: "device" },
    collections: {},
    log: { debug: "-*:error", format: "json", stack: false, toPage: false },
  }
  const control = wrap<{ open(opening: unknown): Promise<unknown> }>(worker)
  expect(await control.open(transfer({ request, port: port2, lock: crypto.randomUUID() }, [port2]))).toBeUndefined()
  const answers: {
    kind: string
    id?: number
    error?: { code: string; details: { path?: string } }
    result?: unknown
  }[] = []
  const waiting = { wake: (): void => undefined }
  port1.onmessage = ({ data }) => {
    answers.push(...data)
    waiting.wake()
  }
  let count = 0
  return {
    worker,
    post: (message: unknown) => port1.postMessage(message),
    async call(method: unknown, ...args: unknown[]): Promise<unknown> {
      const id = ++count
      port1.postMessage([{ id, method, args }])
      for (;;) {
        const answer = answers.find((one) => one.id === id)
        if (answer?.error !== undefined) return [answer.error.code, answer.error.details.path].filter(Boolean).join(" ")
        if (answer !== undefined) return answer.result
        await new Promise<void>((resolve) => (waiting.wake = resolve))
      }
    },
  }
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
const put = (text: unknown, id: unknown = "x") => [[{ op: "put", collection: "docs", id, text }], undefined, {}]
const query = (change: object) => [
  { collection: "docs", filter: { kind: "and", filters: [] }, order: [], ...change },
  undefined,
]
const field = (operand: unknown, operator = "eq", path: unknown = "a") =>
  query({ filter: { kind: "field", condition: { path, operator, operand } } })

const messages: readonly (readonly [string, unknown, readonly unknown[], string])[] = [
  ["a call that there is not", "format", [], "INVALID_ARGUMENT method"],
  ["a call of Object", "constructor", [], "INVALID_ARGUMENT method"],
  ["a call by a number", 5, [], "INVALID_ARGUMENT method"],
  ["writes that are no list", "write", ["x", undefined, {}], "INVALID_ARGUMENT ops"],
  ["a write without more", "write", [[{ op: "put", collection: "docs", id: "x", text: "{}" }]], "INVALID_ARGUMENT of"],
  ["a write that is null", "write", [[null], undefined, {}], "INVALID_ARGUMENT op"],
  [
    "a write that there is not",
    "write",
    [[{ op: "drop", collection: "docs", id: "x" }], undefined, {}],
    "INVALID_ARGUMENT op",
  ],
  ["a document that is no text", "write", put({ a: 1 }), "INVALID_ARGUMENT text"],
  ["a document that is no JSON", "write", put("{"), "INVALID_DOCUMENT"],
  ["a document that is an array", "write", put("[]"), "INVALID_DOCUMENT"],
  ["a document that is an escape", "write", put('{"$":["d",1]}'), "INVALID_DOCUMENT"],
  ["a document with an id inside", "write", put('{"_id":"y"}'), "INVALID_DOCUMENT _id"],
  ["a document over two lines", "write", put('{"a":\n1}'), "INVALID_DOCUMENT"],
  ["a document with a raw tab", "write", put('{\t"a":1}'), "INVALID_DOCUMENT"],
  ["__proto__ in a document", "write", put('{"a":{"__proto__":1}}'), "INVALID_DOCUMENT a.__proto__"],
  ["an escape that there is not", "write", put('{"a":{"$":["x",1]}}'), "INVALID_DOCUMENT a"],
  ["an escape with more beside it", "write", put('{"a":{"$":["d",1],"b":1}}'), "INVALID_DOCUMENT a"],
  ["a date beyond all dates", "write", put('{"a":{"$":["d",9e15]}}'), "INVALID_DOCUMENT a"],
  ["bytes that are not base64", "write", put('{"a":{"$":["b","%"]}}'), "INVALID_DOCUMENT a"],
  ["a bigint that is none", "write", put('{"a":{"$":["n","1e5"]}}'), "INVALID_DOCUMENT a"],
  ["half of a surrogate pair", "write", put('{"a":"\\ud800"}'), "INVALID_DOCUMENT"],
  ["a document nested deep", "write", put(JSON.stringify(nested(40))), `LIMIT_DEPTH ${Array(32).fill("a").join(".")}`],
  [
    "a document nested very deep",
    "write",
    put(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`),
    `LIMIT_DEPTH ${Array(32).fill("a").join(".")}`,
  ],
  ["a document of 2 MiB", "write", put(`{"a":"${"x".repeat(2 ** 21)}"}`), "LIMIT_SIZE"],
  ["a long key", "write", put(`{"${"k".repeat(1025)}":1}`), `LIMIT_SIZE ${"k".repeat(1025)}`],
  ["a long id", "write", put("{}", "i".repeat(513)), "LIMIT_SIZE _id"],
  ["an id that is a number", "write", put("{}", 5), "INVALID_DOCUMENT _id"],
  [
    "a collection that is a number",
    "write",
    [[{ op: "delete", collection: 5, id: "x" }], undefined, {}],
    "INVALID_ARGUMENT collection",
  ],
  [
    "a patch of NaN",
    "write",
    [[{ op: "patch", collection: "docs", id: "x", entries: [["a", Number.NaN]] }], undefined, {}],
    "INVALID_DOCUMENT a",
  ],
  [
    "a patch of a Map",
    "write",
    [[{ op: "patch", collection: "docs", id: "x", entries: [["a", new Map()]] }], undefined, {}],
    "INVALID_DOCUMENT a",
  ],
  [
    "a patch without entries",
    "write",
    [[{ op: "patch", collection: "docs", id: "x" }], undefined, {}],
    "INVALID_ARGUMENT entries",
  ],
  [
    "an increment by text",
    "write",
    [[{ op: "increment", collection: "docs", id: "x", path: "a", by: "1" }], undefined, {}],
    "INVALID_ARGUMENT by",
  ],
  [
    "an increment of a forbidden path",
    "write",
    [[{ op: "increment", collection: "docs", id: "x", path: "__proto__", by: 1 }], undefined, {}],
    "KEY_FORBIDDEN __proto__",
  ],
  ["a durability of another name", "write", [[], "sure", {}], "INVALID_ARGUMENT durability"],
  ["too many writes", "write", [Array.from({ length: 100_001 }, () => null), undefined, {}], "LIMIT_SIZE ops"],
  ["a transaction that there is not", "write", [[], undefined, { transaction: 77 }], "CLOSED"],
  ["ids that are no list", "get", ["docs", "x", undefined], "INVALID_ARGUMENT ids"],
  ["texts of ids that are numbers", "texts", ["docs", [1]], "INVALID_ARGUMENT ids"],
  ["texts of a collection with a NUL", "texts", ["a\0b", ["x"]], "INVALID_ARGUMENT collection"],
  ["ids that are numbers", "get", ["docs", [1], undefined], "INVALID_ARGUMENT ids"],
  ["a collection with a NUL", "get", ["a\0b", ["x"], undefined], "INVALID_ARGUMENT collection"],
  ["no query", "query", [undefined, undefined], "INVALID_ARGUMENT query"],
  ["a filter of no kind", "query", query({ filter: {} }), "INVALID_ARGUMENT query"],
  ["a filter of an unknown operator", "query", field(1, "like"), "INVALID_ARGUMENT a"],
  ["a filter by __proto__ as operator", "query", field(1, "__proto__"), "INVALID_ARGUMENT a"],
  ["an operand that is undefined", "query", field(undefined), "INVALID_ARGUMENT query"],
  ["an operand that is a Map", "query", field([new Map()], "in", 5), "INVALID_ARGUMENT query"],
  [
    "a filter nested very deep",
    "query",
    query({
      filter: Array.from({ length: 500 }).reduce((filter) => ({ kind: "not", filter }), { kind: "and", filters: [] }),
    }),
    "INVALID_ARGUMENT query",
  ],
  ["a limit that is text", "query", query({ limit: "5" }), "INVALID_ARGUMENT query"],
  ["a limit below nothing", "query", query({ limit: -1 }), "INVALID_ARGUMENT limit"],
  ["an order that is no list", "explain", query({ order: {} }), "INVALID_ARGUMENT query"],
  ["a cursor of another database", "changes", ["docs", "fpc1.00000000.1"], "INVALID_ARGUMENT since"],
  ["a commit of nothing", "commit", [5, undefined], "CLOSED"],
]

test("an engine refuses what no page of ours sends, and works on", async () => {
  const { worker, post, call } = await rawEngine()
  for (const rubbish of [undefined, null, 5, "x", [], [null], [{}], [{ method: "write" }], { id: -1 }, [[[]]]])
    post(rubbish)
  expect(
    await call("write", [{ op: "put", collection: "docs", id: "witness", text: '{"n":1}' }], undefined, {}),
  ).toMatch(/^\S+$/)
  const found = []
  for (const [what, method, args] of messages) {
    found.push([what, await call(method, ...args)])
    expect(await call("get", "docs", ["witness"], undefined)).toMatchObject([{ id: "witness" }])
  }
  expect(found).toEqual(messages.map(([what, , , code]) => [what, code]))
  for (const [method, ...args] of [
    ["stage", "x", []],
    ["stage", 1, "x"],
    ["begin", "x"],
    ["watch", 1, {}],
    ["unwatch", {}],
    ["declare", 5],
    ["declare", { a: { fields: { n: "sum" } } }],
  ])
    post([{ method, args }])
  expect(await call("get", "docs", ["witness"], undefined)).toMatchObject([{ id: "witness", text: '{"n":1}' }])
  worker.terminate()
})
