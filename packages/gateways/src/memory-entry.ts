/** The entry `@fixpoint/gateways/memory`: a bucket in memory, for tests and for devices of one process. */
export { type MemoryBucket, memory, memoryBucket } from "./memory.ts"
