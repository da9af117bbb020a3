// The gateway contract over a folder, and what a folder may hold beside objects.
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fs } from "@fixpoint/gateways/fs"
import { describeGateway } from "@fixpoint/testkit/contracts"
import { expect, test } from "vitest"

const capabilities = { createIfAbsent: true, strongList: true, serverTime: false }

describeGateway("a gateway to a folder", { capabilities }, async () => {
  const above = await mkdtemp(join(tmpdir(), "fixpoint-bucket-"))
  return {
    open: async () => fs({ directory: join(above, "made", "when needed") }),
    remove: () => rm(above, { recursive: true, force: true }),
  }
})

test("what is no object is not listed, and nothing else is left", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fixpoint-bucket-"))
  try {
    const gateway = fs({ directory })
    await gateway.put("a/b", new Uint8Array(3))
    await gateway.put("a/b", new Uint8Array(4), { ifAbsent: true })
    await mkdir(join(directory, "Folder"))
    for (const name of [".temporary", "README", "a/.x", "Folder/b"]) await writeFile(join(directory, name), "x")
    expect((await gateway.list("")).keys).toEqual([{ key: "a/b", size: 3 }])
    expect((await readdir(join(directory, "a"))).sort()).toEqual([".x", "b"])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test("a folder that cannot be written to is told by its code, without its path", async () => {
  const above = await mkdtemp(join(tmpdir(), "fixpoint-bucket-"))
  try {
    await writeFile(join(above, "file"), "x")
    const gateway = fs({ directory: join(above, "file") })
    const failure: unknown = await gateway.put("a", new Uint8Array(1)).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      details: { reason: expect.stringMatching(/^(EEXIST|ENOTDIR)$/) },
    })
    expect(JSON.stringify((failure as { toJSON(): { details: unknown } }).toJSON().details)).not.toContain(above)
    expect(await gateway.get("a")).toEqual({ kind: "notFound" })
  } finally {
    await rm(above, { recursive: true, force: true })
  }
})
