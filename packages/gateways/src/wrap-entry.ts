/** The entry `@fixpoint/gateways/wrap`: gateways around gateways, and what a bucket can do. */
export { type BreakerOptions, breaker } from "./breaker.ts"
export { type CacheOptions, cached } from "./cache.ts"
export { limited } from "./limit.ts"
export { createMeter, dollarsOf, type Meter, metered, type Prices, s3Prices } from "./meter.ts"
export { probe } from "./probe.ts"
export { type RetryOptions, retry } from "./retry.ts"
