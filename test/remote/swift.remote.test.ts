// The gateway to S3 against a poor provider, Swift's S3 interface: no condition on a PUT, and lists that can be made to lag.
import { randomUUID } from "node:crypto"
import { describeGateway } from "@fixpoint/testkit/contracts"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { isInstalled } from "../harness/object-store.ts"
import { Swift } from "../harness/swift.ts"
import { describeConvergence } from "./convergence-tests.ts"
import { gatewayTo, placeIn } from "./s3-place.ts"

const capabilities = { createIfAbsent: false, strongList: true, serverTime: true, copies: true }
const body = new Uint8Array([1, 2, 3])

// Where it is not installed this is said by isInstalled, and by the sum of `npm test`.
describe.skipIf(!isInstalled("swift"))("Swift", () => {
  const bucket = `fixpoint-${randomUUID()}`
  const held: { server?: Swift } = {}
  const server = () => {
    if (held.server === undefined) throw new Error("the server has not started")
    return held.server
  }
  beforeAll(async () => {
    held.server = await Swift.start()
    await held.server.makeBucket(bucket)
  }, 200_000)
  afterAll(() => held.server?.stop())

  describeGateway("a gateway to it", { capabilities }, async () => placeIn(server(), bucket))

  describeConvergence(server, bucket)

  test("a PUT that may not replace is refused and stores nothing", async () => {
    const gateway = gatewayTo(server(), bucket, { prefix: randomUUID() })
    await expect(gateway.put("a", body, { ifAbsent: true })).rejects.toMatchObject({
      code: "REMOTE_UNSUPPORTED",
      retryable: false,
    })
    expect(await gateway.get("a")).toEqual({ kind: "notFound" })
  })

  test("lists that lag tell of what is gone and not of what has come; objects are true", async () => {
    const gateway = gatewayTo(server(), bucket, { prefix: randomUUID() })
    const listed = async () => (await gateway.list("")).keys.map(({ key }) => key)
    await gateway.put("b", body)
    expect(await listed()).toEqual(["b"])
    await server().forgetLists()
    await gateway.put("a", body)
    await gateway.delete("b")
    await expect(gateway.list("")).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" })
    await server().listAgain()
    await expect.poll(listed, { timeout: 20_000 }).toEqual(["b"])
    expect(await gateway.get("a")).toMatchObject({ kind: "found", body })
    expect(await gateway.get("b")).toEqual({ kind: "notFound" })
    await server().catchUp()
    await expect.poll(listed, { timeout: 20_000 }).toEqual(["a"])
  }, 120_000)
})
