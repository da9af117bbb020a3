/** The entry `@fixpoint/core/memory`: the store in memory. Loaded on demand. */
export { createMemoryDisk, createMemoryStore, type MemoryDisk } from "./lsm/memory-store.ts"
