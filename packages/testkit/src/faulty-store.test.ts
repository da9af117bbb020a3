import { createMemoryStore, type Store } from "@fixpoint/core"
import { expect, test } from "vitest"
import { failNthCommit, faultyStore, lostAnswerFault, quotaFault, timeoutFault } from "./faulty-store.ts"

const commit = (store: Store, n: number) =>
  store.commit({ durability: "relaxed", append: { n, bytes: new Uint8Array(1) } })

test.each([
  ["a full disk", quotaFault, "QUOTA", 1],
  ["a time-out", timeoutFault, "STORE_TIMEOUT", 1],
  ["an answer that is lost", lostAnswerFault, "STORE_TIMEOUT", 2],
])("%s fails one commit, and tells nothing of its effect", async (_, fault, code, head) => {
  const store = faultyStore(createMemoryStore(), failNthCommit(2, fault))
  await commit(store, 1)
  await expect(commit(store, 2)).rejects.toMatchObject({ code })
  expect((await store.readPosition()).head).toBe(head)
  expect(await commit(store, head + 1)).toBe("committed")
})

test("a plan sees every call, and may keep it waiting", async () => {
  const seen: string[] = []
  let letGo = (): void => undefined
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const store = faultyStore(createMemoryStore(), async ({ name }) => {
    seen.push(name)
    if (name === "readManifest") await gate
    return undefined
  })
  const slow = store.readManifest().then(() => seen.push("read"))
  await commit(store, 1)
  letGo()
  await slow
  await store.close()
  await expect(store.listSegments()).rejects.toMatchObject({ code: "CLOSED" })
  expect(seen).toEqual(["readManifest", "commit", "read", "close", "listSegments"])
  expect(store.persistence).toBe("memory")
})
