import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describeStore } from "@fixpoint/testkit/contracts"
import { test } from "vitest"
import { openFsStore } from "../../packages/core/src/lsm/fs-store.ts"
import { expectLikeMemory } from "./memory-model.ts"

const makePlace = (more: { journalSlackBytes?: number }) => async () => {
  const above = await mkdtemp(join(tmpdir(), "fixpoint-fs-"))
  const options = { directory: join(above, "made", "by the store"), ...more }
  return {
    open: () => openFsStore(options),
    remove: () => rm(above, { recursive: true, force: true }),
  }
}

describeStore("a store over files", "fs", makePlace({}))

// With no slack the journal is renewed at almost every commit.
describeStore("a store over files that has no room to waste", "fs", makePlace({ journalSlackBytes: 0 }))

for (const journalSlackBytes of [0, 2000])
  test(`any sequence of changes reads from files as from memory, with a slack of ${journalSlackBytes}`, async () => {
    await expectLikeMemory(makePlace({ journalSlackBytes }), 40)
  }, 60_000)
