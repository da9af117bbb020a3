// What a database in files was given is nowhere to be read: not in its files, not in the user's folder, not in the log.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as api from "fixpoint/edge"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { filesIn } from "../harness/profile-files.ts"
import { MarkerScan } from "./marker-scan.ts"
import { makeMarkers, scanFor, word } from "./markers.ts"
import { type KeyKind, refusals, workWithSecrets } from "./page/secret-work.ts"

let root: string
const lines: string[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fixpoint-secrecy-"))
  vi.stubEnv("FIXPOINT_HOME", join(root, "home"))
  for (const method of ["debug", "info", "log", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void lines.push(args.map(String).join(" ")))
  lines.length = 0
})
afterEach(() => {
  api.setDebug("")
  api.setLogSink()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

/** Works in a folder, and gives what can be found of the markers, there and in the log. */
async function findSecrets(key: KeyKind, whileOpen: () => void = () => undefined) {
  const markers = makeMarkers()
  const scan = scanFor(markers)
  const place = { name: "secrets", key, storage: { fs: join(root, "data") } } as const
  const { db, refused, count } = await workWithSecrets(api, place, markers)
  expect(count).toBe(203)
  expect(refused).toEqual(refusals)
  whileOpen()
  const open = scan.inFolder(root)
  await db.close()
  expect(filesIn(join(root, "data")).length).toBeGreaterThan(0)
  return { files: [...open, ...scan.inFolder(root)], log: lines.flatMap((line) => scan.in(line, line)) }
}

test.each<KeyKind>(["device", "passphrase", "raw"])(
  "with a key of kind %s, in files and on the console",
  async (key) => {
    api.setDebug("*:trace", { format: "json", stack: true })
    expect(await findSecrets(key)).toEqual({ files: [], log: [] })
    expect(lines.some((line) => line.includes('"module":"db"'))).toBe(true)
  },
)

test.each(["pretty", "yaml", "jsonice"] as const)("in a log that is formatted as %s", async (format) => {
  api.setDebug("*:trace", { format, stack: true })
  expect(await findSecrets("raw")).toEqual({ files: [], log: [] })
  expect(lines.length).toBeGreaterThan(0)
})

test("in what a sink is given", async () => {
  api.setLogSink((record) => lines.push(JSON.stringify(record)))
  api.setDebug("*:trace", { stack: true })
  expect(await findSecrets("raw")).toEqual({ files: [], log: [] })
  expect(lines.length).toBeGreaterThan(0)
})

test("the same search finds what lies there in clear", async () => {
  const control = word("control")
  const scan = new MarkerScan({ control })
  await findSecrets("raw", () => writeFileSync(join(root, "data", "control"), `a ${control} b`))
  console.log(`printed ${control}`)
  expect(scan.inFolder(root).map(({ secret }) => secret)).toEqual(["control"])
  expect(lines.flatMap((line) => scan.in(line, "log"))).toHaveLength(1)
})
