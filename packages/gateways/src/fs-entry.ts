/** The entry `@fixpoint/gateways/fs`: a folder as a bucket, for Node and its like. */
export { type FsOptions, openFs as fs } from "./fs-gateway.ts"
