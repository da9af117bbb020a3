/** The entry `@fixpoint/core/gateway`: the Gateway seam, for those who write a gateway or wrap one. */
/** Bytes as gateways make them. */
export { concatBytes, toHex, utf8Encode } from "./base/bytes.ts"
export { listKeysMax, objectBytesMax, objectKeyBytesMax } from "./base/limits.ts"
export * from "./sync/gateway.ts"
