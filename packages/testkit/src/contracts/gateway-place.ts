/**
 * A bucket for gateways, and the small vocabulary of the tests on it. Owns: what a test puts, made from small numbers.
 * Must not know any implementation.
 */
import type { Gateway, GatewayCapabilities, GetOptions, ListedObject } from "@fixpoint/core"
import { expect } from "vitest"

/** An empty bucket that gateways are opened on. */
export interface GatewayPlace {
  /** Another gateway to the same bucket. */
  open(): Promise<Gateway>
  /** Ends what is left of the bucket. */
  remove?(): Promise<void>
}

/** What is expected of the gateways of one kind. */
export interface GatewayTraits {
  readonly capabilities: GatewayCapabilities
  /** Words that no name and no error may hold, such as a secret key. */
  readonly secrets?: readonly string[]
  /** Where a gateway adds to keys what the other end counts: how long they may be. */
  readonly keyBytesMax?: number
}

/** What the parts of the suite work on: a fresh bucket for each test. */
export interface GatewayTests extends GatewayTraits {
  /** Another gateway to this test's bucket. */
  open(): Promise<Gateway>
}

/** Bytes that tell who put them: a view into the middle of a larger buffer, as codecs hand out. */
export function bodyOf(mark: number, length = 16): Uint8Array {
  const around = new Uint8Array(length + 32).fill(0xee)
  const body = around.subarray(16, 16 + length)
  for (let i = 0; i < length; i++) body[i] = (mark * 31 + i * 7 + (mark >> 8)) & 0xff
  return body
}

/** The body of an object; undefined when there is none. */
export async function bodyAt(gateway: Gateway, key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
  const result = await gateway.get(key, options)
  return result.kind === "found" ? result.body : undefined
}

/** Whether both hold the same bytes: faster than a matcher's own comparison for large bodies. */
export function expectBody(found: Uint8Array | undefined, expected: Uint8Array): void {
  expect(found?.length).toBe(expected.length)
  const differs = expected.findIndex((byte, i) => byte !== found?.[i])
  expect(differs, "the first byte that differs").toBe(-1)
}

/** All keys with a prefix, page by page. */
export async function keysBelow(gateway: Gateway, prefix: string, limit?: number): Promise<string[]> {
  return (await listBelow(gateway, prefix, limit)).map(({ key }) => key)
}

/** All that a prefix lists, page by page. */
export async function listBelow(gateway: Gateway, prefix: string, limit?: number): Promise<ListedObject[]> {
  const found: ListedObject[] = []
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page: Awaited<ReturnType<Gateway["list"]>> = await gateway.list(prefix, { after, limit })
    if (limit !== undefined) expect(page.keys.length).toBeLessThanOrEqual(limit)
    found.push(...page.keys)
    expect(found.length, "a list that ends").toBeLessThan(10_000)
    after = page.next
  }
  return found
}
