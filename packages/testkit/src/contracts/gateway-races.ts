/** The contract between gateways that call at once. */
import { expect, test } from "vitest"
import { bodyAt, bodyOf, expectBody, type GatewayTests, keysBelow } from "./gateway-place.ts"

const rounds = 3
const racers = 20

/** Registers the tests of races. */
export function describeGatewayRaces({ open, capabilities }: GatewayTests): void {
  test.runIf(capabilities.createIfAbsent)(`of ${racers} that create one key at once exactly one does`, async () => {
    const gateways = [await open(), await open()]
    for (let round = 0; round < rounds; round++) {
      const key = `c/${round}`
      const outcomes = await Promise.all(
        Array.from({ length: racers }, (_, mark) =>
          gateways[mark % 2]!.put(key, bodyOf(mark, 500), { ifAbsent: true }),
        ),
      )
      const winners = outcomes.flatMap(({ kind }, mark) => (kind === "stored" ? [mark] : []))
      expect(winners.length).toBe(1)
      expectBody(await bodyAt(gateways[0]!, key), bodyOf(winners[0]!, 500))
    }
  })

  test("many keys at once are all there", async () => {
    const [one, other] = [await open(), await open()]
    const keys = Array.from({ length: 40 }, (_, n) => `a/${n.toString().padStart(2, "0")}`)
    await Promise.all(keys.map((key, n) => (n % 2 === 0 ? one : other).put(key, bodyOf(n, n * 10))))
    if (capabilities.strongList) expect(await keysBelow(one, "a/")).toEqual(keys)
    await Promise.all(keys.map(async (key, n) => expectBody(await bodyAt(other, key), bodyOf(n, n * 10))))
    await Promise.all(keys.map((key, n) => (n % 2 === 0 ? other : one).delete(key)))
    await Promise.all(keys.map(async (key) => expect(await one.get(key)).toEqual({ kind: "notFound" })))
  })

  test("a GET sees one whole object while others replace it", async () => {
    const [one, other] = [await open(), await open()]
    const whole = (mark: number) => new Uint8Array(40_000 + mark).fill(mark)
    await one.put("a", whole(1))
    const reads: Promise<Uint8Array | undefined>[] = []
    for (let mark = 1; mark <= 10; mark++) {
      reads.push(bodyAt(other, "a"), bodyAt(one, "a"))
      await one.put("a", whole(mark))
    }
    for (const body of await Promise.all(reads)) expectBody(body, whole(body?.[0] ?? 0))
  })
}
