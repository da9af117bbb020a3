/**
 * The entry `@fixpoint/core/sync`: the bucket protocol FPB/1, loaded when a database is attached to a bucket.
 */
export { covers, coversAll, joinVectors, type VersionVector } from "./clock/version-vector.ts"
export { absorbBase, absorbPart, absorbSpan, type Acquaintance, collect } from "./crdt/absorb.ts"
export { LineReplica, type ReplicaParts } from "./db/replica.ts"
export type * from "./sync/replica.ts"
