/**
 * The entry of @fixpoint/core: the engine for hosts that compose it themselves.
 */
export type {
  Channel,
  Clock,
  Compression,
  DeviceKeys,
  Host,
  HostCrypto,
  Locks,
  Sentinel,
  SentinelRecord,
  Timers,
} from "./base/host.ts"
export type { Json, JsonObject } from "./base/json.ts"
export { limits } from "./base/limits.ts"
export type { Logger, LogLevel } from "./base/log.ts"
export { createEngine, type EngineOptions } from "./engine.ts"
export type * from "./engine-api.ts"
