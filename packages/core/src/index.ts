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
  Network,
  Sentinel,
  SentinelRecord,
  Timers,
} from "./base/host.ts"
export type { Json, JsonObject } from "./base/json.ts"
export * as limits from "./base/limits.ts"
export type { Logger, LogLevel } from "./base/log.ts"
export { type Loader, onDemand } from "./base/on-demand.ts"
export { deviceKeys } from "./crypto/device-keys.ts"
export type { KeyContext, KeySource } from "./crypto/keys.ts"
export { rawKeys } from "./crypto/raw-keys.ts"
export { createEngine, type EngineOptions } from "./engine.ts"
export type * from "./engine-api.ts"
export { deleteIdbStore, type IdbStoreOptions, openIdbStore } from "./lsm/idb-store.ts"
export { createMemoryDisk, createMemoryStore, type MemoryDisk } from "./lsm/memory-store.ts"
export type * from "./lsm/store.ts"
export type * from "./sync/gateway.ts"
export type { EngineParts } from "./parts.ts"
