/** The entry `@fixpoint/core/gateway`: the Gateway seam, for those who write a gateway or wrap one. */
export { listKeysMax, objectBytesMax, objectKeyBytesMax } from "./base/limits.ts"
export * from "./sync/gateway.ts"
