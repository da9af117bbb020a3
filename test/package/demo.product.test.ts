// The demo as `npm run demo -- --check` runs it, with few of the cities: it builds, and every step of its check holds.
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { find } from "../harness/launch.ts"

const run = join(import.meta.dirname, "../../packages/demo/run.mjs")

// Without Chromium there is nothing to drive.
test.skipIf(find("chromium") === undefined)(
  "every step of the demo's check holds",
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [run, "--check", "--cities", "2000"])
    expect(stdout).toMatch(/\n\d+ steps hold\. /)
  },
  600_000,
)
