import { describeStore } from "@fixpoint/testkit/contracts"
import { deleteIdbStore, openIdbStore } from "../../packages/core/src/lsm/idb-store.ts"
import { timers } from "./timers.ts"

describeStore("a store over IndexedDB", "indexeddb", async () => {
  const name = crypto.randomUUID()
  return {
    open: () => openIdbStore({ name, timers }),
    remove: () => deleteIdbStore({ name, timers }),
  }
})
