/**
 * The entry of @fixpoint/testkit: hosts whose every effect comes from a seed, and stores that fail on purpose.
 */
export { type BucketWeather, drawWeather, fairWeather, weatherPlan } from "./bucket-weather.ts"
export { streamCompression } from "./compression.ts"
export { CrashDisk, type CrashPoint } from "./crash-disk.ts"
export { createDice, type Dice, pick } from "./dice.ts"
export { type BucketFault, type BucketFaultPlan, FaultyBucket } from "./faulty-bucket.ts"
export {
  changeOf,
  type FaultPlan,
  failNthCommit,
  faultyStore,
  lostAnswerFault,
  quotaFault,
  type StoreFault,
  timeoutFault,
} from "./faulty-store.ts"
export { MemoryLocks } from "./memory-locks.ts"
export { SeededWorld, seededHost } from "./seeded-host.ts"
export { startMs, VirtualTime } from "./virtual-time.ts"
export type { NamedCall } from "./wrapped-calls.ts"
export { type GatewayCall, type Verb, wrapGateway } from "./wrapped-gateway.ts"
export { type Around, type CallName, type StoreCall, wrapStore } from "./wrapped-store.ts"
export { plainCodec } from "./sync/plain-codec.ts"
export { simulate, type SimulationOptions, type SimulationReport } from "./sync/simulation.ts"
export { type SimulatedDevice, SimulatedWorld, type WorldOptions } from "./sync/simulated-world.ts"
export { Violation } from "./sync/published.ts"
export { copyDisk, type ModelDisk, type UserWrite } from "./sync/model-disk.ts"
