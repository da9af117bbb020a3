/** The entry `@fixpoint/cli/server`: the server of `fixpoint serve`, for tests and for processes that embed it. */
export { type BucketServer, type BucketServerOptions, openBucketServer } from "./bucket-server.ts"
