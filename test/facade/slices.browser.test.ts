// Long work of the library on a page leaves room for what else waits: messages too, not input and frames alone.
import { expect, test } from "vitest"
import { mapInSlices } from "../../packages/fixpoint/src/slices.ts"

test("messages come between the slices of long work", async () => {
  const { port1, port2 } = new MessageChannel()
  let messages = 0
  port1.addEventListener("message", () => {
    messages++
    port2.postMessage(undefined)
  })
  port1.start()
  port2.postMessage(undefined)
  let slices = 0
  const work = (item: number) => {
    for (const until = performance.now() + 0.5; performance.now() < until; );
    return item
  }
  const items = Array.from({ length: 320 }, (_, i) => i)
  await mapInSlices(items, work, { pause: () => void slices++ })
  port1.close()
  expect(slices).toBeGreaterThan(10)
  expect(messages).toBeGreaterThanOrEqual(slices / 2)
})
