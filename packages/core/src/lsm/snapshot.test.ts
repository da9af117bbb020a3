// A read that failed goes on with a newer manifest where a block was missing, and nowhere else.
import { expect, test } from "vitest"
import { FixpointError } from "../base/errors.ts"
import type { LsmParts } from "./publish.ts"
import { newerManifest } from "./snapshot.ts"

test("what is damaged is told as it is, and no manifest is asked for", async () => {
  let asked = 0
  const store = { readManifest: async () => void asked++ }
  const parts = { store, view: { manifest: { version: 2 } } } as unknown as LsmParts
  const failure = new FixpointError("BLOCK_CORRUPT")
  await expect(newerManifest(parts, 1, failure)).rejects.toBe(failure)
  expect(asked).toBe(0)
  await expect(newerManifest(parts, 1, new FixpointError("BLOCK_MISSING"))).rejects.toMatchObject({
    code: "STORE_LOST",
  })
})
