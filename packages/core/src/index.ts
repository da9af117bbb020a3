/**
 * The entry of @fixpoint/core: the engine for hosts that compose it themselves.
 */
export type * from "./api/authorship.ts"
export type * from "./api/change-feed.ts"
export type * from "./api/collection-spec.ts"
export type * from "./api/conflict.ts"
export type * from "./api/document-text.ts"
export type * from "./api/engine.ts"
export type * from "./api/engine-event.ts"
export type * from "./api/engine-stats.ts"
export type * from "./api/engine-status.ts"
export type * from "./api/filter.ts"
export type * from "./api/find.ts"
export type * from "./api/history.ts"
export type * from "./api/index-spec.ts"
export type * from "./api/live-step.ts"
export type * from "./api/query.ts"
export type * from "./api/sync.ts"
export type * from "./api/text.ts"
export type * from "./api/undo.ts"
export type * from "./api/write.ts"
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
export type { CheckReport } from "./lsm/check.ts"
export type { Finding } from "./lsm/finding.ts"
export { deleteIdbStore, type IdbStoreOptions, openIdbStore } from "./lsm/idb-store.ts"
export { createMemoryDisk, createMemoryStore, type MemoryDisk } from "./lsm/memory-store.ts"
export type * from "./lsm/store.ts"
export type * from "./sync/gateway.ts"
export type { EngineParts } from "./parts.ts"
