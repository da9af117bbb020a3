import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describeStore } from "@fixpoint/testkit/contracts"
import { openFsStore } from "../../packages/core/src/lsm/fs-store.ts"

/** With no slack the journal is renewed at almost every commit. */
for (const journalSlackBytes of [undefined, 0])
  describeStore(`a store over files, slack ${journalSlackBytes ?? "as it is"}`, "fs", async () => {
    const above = await mkdtemp(join(tmpdir(), "fixpoint-fs-"))
    const options = {
      directory: join(above, "made", "by the store"),
      ...(journalSlackBytes === 0 && { journalSlackBytes }),
    }
    return {
      open: () => openFsStore(options),
      remove: () => rm(above, { recursive: true, force: true }),
    }
  })
