/** The entry `@fixpoint/gateways/s3`: a bucket of any server that speaks S3. */
export { s3 } from "./s3.ts"
export type {
  Presign,
  PresignRequest,
  S3BucketOptions,
  S3Credentials,
  S3Options,
  S3PresignedOptions,
} from "./s3-settings.ts"
