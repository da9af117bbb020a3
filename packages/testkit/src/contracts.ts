/**
 * The entry of @fixpoint/testkit/contracts: suites that every implementation of a seam passes. They register Vitest tests.
 */
export { describeGateway } from "./contracts/gateway.ts"
export type { GatewayPlace, GatewayTraits } from "./contracts/gateway-place.ts"
export { describeStore } from "./contracts/store.ts"
export type { StorePlace } from "./contracts/store-place.ts"
