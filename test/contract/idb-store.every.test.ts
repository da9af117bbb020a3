import { describeStore } from "@fixpoint/testkit/contracts"
import { test } from "vitest"
import { deleteIdbStore, openIdbStore } from "../../packages/core/src/lsm/idb-store.ts"
import { expectLikeMemory } from "./memory-model.ts"
import { timers } from "./timers.ts"

const makePlace = async () => {
  const name = crypto.randomUUID()
  return {
    open: () => openIdbStore({ name, timers }),
    remove: () => deleteIdbStore({ name, timers }),
  }
}

describeStore("a store over IndexedDB", "indexeddb", makePlace)

test("any sequence of changes reads from IndexedDB as from memory", () => expectLikeMemory(makePlace, 40))
