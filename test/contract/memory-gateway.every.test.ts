import { memory, memoryBucket } from "@fixpoint/gateways/memory"
import { describeGateway } from "@fixpoint/testkit/contracts"

const capabilities = { createIfAbsent: true, strongList: true, serverTime: false }

describeGateway("a gateway to memory", { capabilities }, async () => {
  const bucket = memoryBucket()
  return { open: async () => memory(bucket) }
})
