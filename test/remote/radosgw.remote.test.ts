// The gateway to S3 against Ceph's RADOS gateway: the contract, with credentials and over signed addresses; then everything that a
// server, its administrator and the network can do to a call, each with its code; then the same bucket from a page.
import { randomUUID } from "node:crypto"
import { describeGateway } from "@fixpoint/testkit/contracts"
import { afterAll, beforeAll, describe } from "vitest"
import { isInstalled } from "../harness/object-store.ts"
import { Radosgw } from "../harness/radosgw.ts"
import { describeConvergence, describeTrouble } from "./convergence-tests.ts"
import { describePage } from "./page-tests.ts"
import { describeNetwork } from "./network-tests.ts"
import { describeRefusals } from "./refusal-tests.ts"
import { placeIn, presignedPlaceIn } from "./s3-place.ts"

const capabilities = { createIfAbsent: true, strongList: true, serverTime: true, copies: true }

// Where it is not installed this is said by isInstalled, and by the sum of `npm test`.
describe.skipIf(!isInstalled("radosgw"))("Ceph", () => {
  const bucket = `fixpoint-${randomUUID()}`
  const held: { server?: Radosgw } = {}
  const server = () => {
    if (held.server === undefined) throw new Error("the server has not started")
    return held.server
  }
  beforeAll(async () => {
    held.server = await Radosgw.start()
    await held.server.makeBucket(bucket)
  }, 120_000)
  afterAll(() => held.server?.stop())

  const traits = { capabilities, secrets: ["testsecretkey", "TESTACCESSKEY"] }
  describeGateway("a gateway with credentials", traits, async () => placeIn(server(), bucket))
  describeGateway("a gateway over signed addresses", traits, async () => presignedPlaceIn(server(), bucket))
  describeRefusals(server, bucket)
  describeNetwork(server, bucket)
  describePage(server, bucket)
  describeConvergence(server, bucket)
  describeTrouble(server, bucket)
})
