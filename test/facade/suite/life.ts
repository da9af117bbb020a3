/** Opening, sharing, closing, keys, chores, and the end of waiting. */
import { keys } from "fixpoint"
import { expect } from "vitest"
import { refusal, until, type Cases } from "./case.ts"

/** Opening, sharing, closing, keys, chores, and the end of waiting. */
export const life: Cases = {
  async "its status tells where data is, and whose"(openTodos) {
    const db = openTodos()
    const states: string[] = []
    db.on("status", ({ state }) => states.push(state))
    expect(db.status.state).toBe("opening")
    await db.ready()
    expect(db.status).toMatchObject({ state: "ready", error: undefined })
    expect(db.status.device).toMatch(/^[0-9a-v]{16}$/)
    await db.close()
    expect(db.status.state).toBe("closed")
    expect(states).toEqual(["ready", "closed"])
  },

  async "handles of one name and storage share a database; each is closed for itself"(openTodos) {
    const name = crypto.randomUUID()
    const one = openTodos({}, name)
    const other = openTodos({}, name)
    await one.put({ _id: "a", n: 1 })
    expect(await other.get("a")).toEqual({ _id: "a", n: 1 })
    await one.close()
    await one.close()
    expect(await refusal(() => one.get("a"))).toBe("CLOSED")
    expect(await refusal(() => one.put({}))).toBe("CLOSED")
    expect(await refusal(() => one.transaction(() => 1))).toBe("CLOSED")
    expect(await refusal(() => one.where({}).watch(() => undefined))).toBe("CLOSED")
    expect(await other.get("a")).toEqual({ _id: "a", n: 1 })
    expect(other.status.state).toBe("ready")
  },

  async "close lets writes under way end, and what was written is there again"(openTodos) {
    const name = crypto.randomUUID()
    const one = openTodos({}, name)
    const write = one.put({ _id: "a", n: 1 })
    await one.close()
    await write
    const again = openTodos({}, name)
    expect(await again.get("a")).toEqual({ _id: "a", n: 1 })
  },

  async "destroy removes data and keys, for every handle"(openTodos) {
    const name = crypto.randomUUID()
    const one = openTodos({}, name)
    const other = openTodos({}, name)
    await one.put({ _id: "a" })
    await other.destroy()
    expect(await refusal(() => one.get("a"))).toBe("CLOSED")
    const again = openTodos({}, name)
    expect(await again.get("a")).toBeUndefined()
  },

  async "a wrong key has its code, and nothing is changed by it"(openTodos) {
    const name = crypto.randomUUID()
    const right = keys.raw(new Uint8Array(32).fill(1))
    const db = openTodos({ keys: right }, name)
    await db.put({ _id: "a", n: 1 })
    const wrong = openTodos({ keys: keys.raw(new Uint8Array(32).fill(2)) }, name)
    expect(await refusal(() => wrong.ready())).toBe("KEY_WRONG")
    expect(wrong.status).toMatchObject({ state: "failed", error: { code: "KEY_WRONG" } })
    expect(await refusal(() => wrong.put({ _id: "a" }))).toBe("KEY_WRONG")
    await db.close()
    const missing = openTodos({}, name)
    expect(await refusal(() => missing.ready())).toBe("KEY_MISSING")
    await Promise.all([wrong.close(), missing.close()])
    const again = openTodos({ keys: right }, name)
    expect(await again.get("a")).toEqual({ _id: "a", n: 1 })
  },

  async "who tries again after a failure gets another try"(openTodos) {
    const name = crypto.randomUUID()
    const answers: (string | undefined)[] = ["horse", "cow", "horse"]
    const source = keys.passphrase(() => answers.shift())
    const db = openTodos({ keys: source }, name)
    await db.put({ _id: "a" })
    await db.close()
    const wrong = openTodos({ keys: source }, name)
    expect(await refusal(() => wrong.ready())).toBe("KEY_WRONG")
    const again = openTodos({ keys: source }, name)
    expect(await again.get("a")).toEqual({ _id: "a" })
    expect(wrong.status.state).toBe("failed")
  },

  async "a passphrase is asked for"(openTodos) {
    const name = crypto.randomUUID()
    const asked: string[] = []
    const secret = (said: string | undefined) =>
      keys.passphrase(async () => {
        asked.push(said ?? "nothing")
        return said
      })
    const db = openTodos({ keys: secret("horse") }, name)
    await db.put({ _id: "a" })
    await db.close()
    expect(await refusal(() => openTodos({ keys: secret("cow") }, name).ready())).toBe("KEY_WRONG")
    expect(await refusal(() => openTodos({ keys: secret(undefined) }, name).ready())).toBe("KEY_MISSING")
    expect(await openTodos({ keys: secret("horse") }, name).get("a")).toEqual({ _id: "a" })
    expect(asked).toEqual(["horse", "cow", "nothing", "horse"])
  },

  async "check, stats and compact"(openTodos) {
    const db = openTodos()
    await db.putMany(Array.from({ length: 200 }, (_, n) => ({ n })))
    await db.compact()
    const stats = await db.stats()
    expect(stats).toMatchObject({ documents: 200, memtableRows: 0 })
    expect(stats.segments.length).toBe(1)
    expect(await db.check({ deep: true })).toMatchObject({
      ok: true,
      deep: true,
      findings: [],
      segments: 1,
      rows: 200,
    })
    expect(await db.where({}).count()).toBe(200)
  },

  async "metrics are told to those who ask"(openTodos) {
    const db = openTodos()
    const metric = until<{ name: string; count: number }>(
      (take) => db.on("metric", take),
      ({ name }) => name === "commit",
    )
    await db.putMany([{}, {}])
    expect(await metric).toMatchObject({ name: "commit", count: 2 })
  },

  async "every waiting call ends when its signal says so"(openTodos) {
    const db = openTodos()
    const signal = AbortSignal.abort()
    const calls = [
      () => db.ready({ signal }),
      () => db.put({}, { signal }),
      () => db.putMany([{}], { signal }),
      () => db.get("a", { signal }),
      () => db.getMany(["a"], { signal }),
      () => db.where({}).all({ signal }),
      () => db.where({}).count({ signal }),
      () => db.changes({ signal }),
      () => db.transaction(() => 1, { signal }),
      () => db.check({ signal }),
    ]
    expect(await Promise.all(calls.map(refusal))).toEqual(calls.map(() => "ABORTED"))
    db.where({}).watch(() => expect.unreachable(), { signal })
    const ending = new AbortController()
    const waiting = refusal(() => db.transaction(() => new Promise(() => undefined), { signal: ending.signal }))
    ending.abort()
    expect(await waiting).toBe("ABORTED")
    expect(await db.where({}).count()).toBe(0)
  },

  async "a handle can be disposed of"(openTodos) {
    const db = openTodos()
    await db.ready()
    await db[Symbol.asyncDispose]()
    expect(db.status.state).toBe("closed")
  },
}
