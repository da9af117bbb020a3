/**
 * The entry of @fixpoint/testkit/contracts: suites that every implementation of a seam passes. They register Vitest tests.
 */
export { describeStore } from "./contracts/store.ts"
export type { StorePlace } from "./contracts/store-place.ts"
