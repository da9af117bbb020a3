import { describeStore } from "@fixpoint/testkit/contracts"
import { createMemoryDisk, createMemoryStore } from "../../packages/core/src/lsm/memory-store.ts"

describeStore("a store in memory", "memory", async () => {
  const disk = createMemoryDisk()
  return { open: async () => createMemoryStore(disk) }
})
