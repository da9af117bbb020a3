// The gateway contract on any bucket that is given: FIXPOINT_S3_ENDPOINT, FIXPOINT_S3_BUCKET, FIXPOINT_S3_ACCESS_KEY_ID,
// FIXPOINT_S3_SECRET_ACCESS_KEY, and FIXPOINT_S3_REGION. What the bucket can do is asked of it first.
import { describeGateway } from "@fixpoint/testkit/contracts"
import { test } from "vitest"
import { gatewayTo, placeIn, type S3Home } from "./s3-place.ts"

const {
  FIXPOINT_S3_ENDPOINT: endpoint = "",
  FIXPOINT_S3_BUCKET: bucket = "",
  FIXPOINT_S3_REGION: region = "us-east-1",
  FIXPOINT_S3_ACCESS_KEY_ID: accessKeyId = "",
  FIXPOINT_S3_SECRET_ACCESS_KEY: secretAccessKey = "",
} = process.env

if (endpoint !== "") {
  const home: S3Home = { endpoint, region, keys: { accessKeyId, secretAccessKey } }
  const capabilities = await gatewayTo(home, bucket, { prefix: "test/probe" }).capabilities()
  const secrets = [accessKeyId, secretAccessKey]
  describeGateway(`a gateway to ${endpoint}`, { capabilities, secrets }, async () => placeIn(home, bucket))
}

// Most machines are given none; what they start themselves has the same tests.
test.skipIf(endpoint === "")("a bucket is given", () => undefined)
