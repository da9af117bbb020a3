// What a browser does to storage: refuses it, loses it, shares it between tabs.
import { type Database, fixpoint, type FixpointError } from "fixpoint"
import { expect, test } from "vitest"
import { refusal } from "./suite/case.ts"

// Asked for as a worker's file: the dynamic imports of other modules are the test runner's, which is not in a worker.
const workerUrl = `${new URL("../../packages/fixpoint/src/worker-default.ts", import.meta.url).href}?worker_file&type=module`

/** A worker of ours on a platform that was tampered with before anything of ours ran. */
function workerAfter(tampering: string): () => Worker {
  const first = URL.createObjectURL(new Blob([tampering], { type: "text/javascript" }))
  const both = `import ${JSON.stringify(first)}; import ${JSON.stringify(workerUrl)}`
  const script = URL.createObjectURL(new Blob([both], { type: "text/javascript" }))
  return () => new Worker(script, { type: "module" })
}

const refusing = (name: string, message = "refused") =>
  workerAfter(`indexedDB.open = () => { throw new DOMException(${JSON.stringify(message)}, ${JSON.stringify(name)}) }
    IDBFactory.prototype.open = indexedDB.open`)

test("where IndexedDB is refused and nothing was kept, data is in memory, and that is said", async () => {
  const db = fixpoint(crypto.randomUUID(), { worker: refusing("SecurityError") })
  const errors: FixpointError[] = []
  db.on("error", (error) => errors.push(error))
  await db.put({ _id: "a", n: 1 })
  expect(await db.get("a")).toEqual({ _id: "a", n: 1 })
  expect(db.status).toMatchObject({ state: "ready", persistence: "memory", error: { code: "STORE_UNAVAILABLE" } })
  expect(errors.map(({ code }) => code)).toEqual(["STORE_UNAVAILABLE"])
  await db.close()
})

test("a database that exists is never replaced by an empty memory", async () => {
  const name = crypto.randomUUID()
  const db = fixpoint(name)
  await db.put({ _id: "a" }, { durability: "strict" })
  await db.close()
  for (const [reason, code] of [
    ["SecurityError", "STORE_UNAVAILABLE"],
    ["QuotaExceededError", "QUOTA"],
    ["UnknownError", "STORE_UNREADABLE"],
    ["VersionError", "STORE_NEWER"],
  ] as const) {
    const broken = fixpoint(name, { worker: refusing(reason) })
    expect([reason, await refusal(() => broken.put({ _id: "b" }))]).toEqual([reason, code])
    expect(broken.status).toMatchObject({ state: "failed", persistence: "indexeddb" })
    await broken.close()
  }
  const again = fixpoint(name)
  expect(await again.where({}).ids()).toEqual(["a"])
  await again.destroy()
})

test("a failure that is not a refusal is not answered with memory either", async () => {
  const db = fixpoint(crypto.randomUUID(), { worker: refusing("UnknownError", "Internal error opening backing store") })
  expect(await refusal(() => db.ready())).toBe("STORE_UNREADABLE")
  await db.close()
})

test("IndexedDB that was asked for by name is not replaced by memory", async () => {
  const db = fixpoint(crypto.randomUUID(), { worker: refusing("SecurityError"), storage: "indexeddb" })
  expect(await refusal(() => db.ready())).toBe("STORE_UNAVAILABLE")
  await db.close()
})

test("a platform without a sentinel still opens databases", async () => {
  const worker = workerAfter(
    "CacheStorage.prototype.open = () => Promise.reject(new DOMException('no', 'SecurityError'))",
  )
  const db = fixpoint(crypto.randomUUID(), { worker, debug: "-host:error" })
  await db.put({ _id: "a" }, { durability: "strict" })
  expect(await db.get("a")).toEqual({ _id: "a" })
  await db.destroy()
})

test("a database whose storage was wiped is lost, and not a new one, until it is destroyed", async () => {
  const name = crypto.randomUUID()
  const db = fixpoint(name)
  await db.put({ _id: "a" }, { durability: "strict" })
  await db.compact()
  await db.close()
  const wiped = (await indexedDB.databases()).find((one) => one.name?.endsWith(name))
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(wiped?.name ?? "")
    request.onsuccess = resolve
    request.onerror = reject
  })
  const lost = fixpoint(name)
  expect(await refusal(() => lost.get("a"))).toBe("STORE_LOST")
  expect(lost.status.state).toBe("failed")
  await lost.destroy()
  const anew = fixpoint(name)
  expect(await anew.get("a")).toBeUndefined()
  await anew.destroy()
})

/** Another tab, as far as engines are concerned: a frame with its own modules and its own worker. */
async function openFrame(): Promise<typeof fixpoint> {
  const frame = document.createElement("iframe")
  frame.src = "/__blank__.html"
  frame.srcdoc = "<!doctype html>"
  document.body.append(frame)
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }))
  // The test runner has wrapped dynamic imports into calls of its own, which a frame has not.
  Object.assign(frame.contentWindow as object, {
    __vitest_browser_runner__: { wrapDynamicImport: (load: () => unknown) => load() },
  })
  const url = new URL("../../packages/fixpoint/src/index.ts", import.meta.url).href
  const scope = frame.contentWindow as unknown as { eval(code: string): Promise<{ fixpoint: typeof fixpoint }> }
  return (await scope.eval(`import(${JSON.stringify(url)})`)).fixpoint
}

const until = (db: Database, ids: string) =>
  new Promise<void>((resolve) => {
    const stop = db.where({}).watch((documents) => {
      if (documents.map(({ _id }) => _id).join("") !== ids) return
      resolve()
      queueMicrotask(() => stop())
    })
  })

test("two tabs have an engine each, and see each other's writes", async () => {
  const name = crypto.randomUUID()
  const one = fixpoint(name)
  const other = (await openFrame())(name) as unknown as Database
  const seen = [until(one, "abcd"), until(other, "abcd")]
  await Promise.all([one.put({ _id: "a" }), other.put({ _id: "b" }), one.put({ _id: "c" }), other.put({ _id: "d" })])
  await Promise.all(seen)
  await one.putMany([{ _id: "n", n: 0 }])
  const add = (db: Database) =>
    db.transaction(async (tx) => {
      const document = await tx.collection("docs").get("n")
      await tx.collection("docs").put({ _id: "n", n: Number(document?.["n"] ?? 0) + 1 })
    })
  await Promise.all([one, other, one, other].map(add))
  // What the other tab wrote is there as soon as this one has looked.
  await new Promise<void>((resolve) => one.where({ n: 4 }).watch((documents) => documents.length === 1 && resolve()))
  await other.close()
  await one.destroy()
})
