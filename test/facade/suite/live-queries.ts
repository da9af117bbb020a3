/** Live queries: each step, and what keeps its identity. */
import { expect } from "vitest"
import { ids, refusal, until, type Cases, type Todo } from "./case.ts"

/** Live queries: each step, and what keeps its identity. */
export const liveQueries: Cases = {
  async "tell the result, then each change, and keep the identity of what did not change"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany([
      { _id: "a", title: "x", n: 1 },
      { _id: "b", title: "x", n: 2 },
    ])
    const steps: { docs: readonly Todo[]; told: string }[] = []
    let wake: () => void = () => undefined
    const stop = todos
      .where({ n: { gt: 0 } })
      .orderBy("n")
      .watch((docs, delta) => {
        const told = [delta.added, delta.changed, delta.removed].map(ids).join("/")
        steps.push({ docs, told: `${ids(docs)} ${told}` })
        wake()
      })
    const step = async (n: number) => {
      while (steps.length <= n) await new Promise<void>((resolve) => (wake = resolve))
      return steps[n] as (typeof steps)[number]
    }
    const first = await step(0)
    expect(first.told).toBe("ab ab//")
    await todos.put({ _id: "c", title: "x", n: 1.5 })
    const second = await step(1)
    expect(second.told).toBe("acb c//")
    expect(second.docs[0]).toBe(first.docs[0])
    expect(second.docs[2]).toBe(first.docs[1])
    await todos.patch("a", { n: 9 })
    const third = await step(2)
    expect(third.told).toBe("cba /a/")
    expect(third.docs[0]).toBe(second.docs[1])
    await todos.patch("b", { title: "y" })
    expect((await step(3)).told).toBe("cba /b/")
    await todos.delete("c")
    expect((await step(4)).told).toBe("ba //c")
    stop()
    await todos.put({ _id: "z", title: "unseen", n: 1 })
    expect(steps.length).toBe(5)
  },

  async "a limited result lets in what comes after"(openTodos) {
    const { todos } = openTodos().collections
    await todos.putMany(["a", "b", "c"].map((_id) => ({ _id, title: _id })))
    const told: string[] = []
    const done = until<readonly { _id: string }[]>(
      (take) => todos.limit(2).watch((docs) => (told.push(ids(docs)), take(docs))),
      (docs) => ids(docs) === "bc",
    )
    await until(
      (take) => setTimeout(() => take(told.length), 0),
      () => true,
    )
    await todos.delete("a")
    await done
    expect(told.at(-1)).toBe("bc")
  },

  async "as an iterator of changes, until it is aborted"(openTodos) {
    const { todos } = openTodos().collections
    await todos.put({ _id: "a", title: "x" })
    const ending = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const { added, removed } of todos.where({}).changes({ signal: ending.signal })) {
        seen.push(`${ids(added)}/${ids(removed)}`)
        if (seen.length === 1) await todos.put({ _id: "b", title: "x" })
        if (seen.length === 2) await todos.delete("a")
        if (seen.length === 3) ending.abort()
      }
    })()
    expect(await refusal(() => reading)).toBe("ABORTED")
    expect(seen).toEqual(["a/", "b/", "/a"])
    for await (const { added } of todos.where({}).changes()) {
      expect(ids(added)).toBe("b")
      break
    }
  },
}
