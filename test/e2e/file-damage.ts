/**
 * What can happen to the files of an IndexedDB database, engine by engine: what disks, evictions and killed browsers leave.
 * Owns: the matrix. Must not know what a database makes of it.
 */
import { basename } from "node:path"
import type { Engine } from "../harness/launch.ts"
import * as files from "../harness/profile-files.ts"
import type { DatabaseSize } from "./inspection.ts"

/** One way to damage the folder of a database. */
export interface FileDamage {
  readonly name: string
  /** What has to be found: a code that must be among those given, or that nothing is wrong. Otherwise any code will do. */
  readonly expect?: "nothing" | "STORE_LOST" | "STORE_ROLLED_BACK"
  /** False where the browser does not even delete what is left: only its user can. */
  readonly removable?: false
  readonly size: DatabaseSize
  /** Damages the files in `folder`; `older` is a copy of it from before its last document was written. */
  apply(folder: string, older: string): void
}

/** The largest file whose name matches: the one that holds most of the data. */
function largest(folder: string, pattern: RegExp): string {
  const found = files.filesIn(folder).filter((file) => pattern.test(basename(file)))
  const [first] = found.sort((a, b) => files.sizeOf(b) - files.sizeOf(a))
  if (!first) throw new Error(`no file like ${pattern} in ${files.filesIn(folder).join(", ")}`)
  return first
}

type Edit = (file: string) => void

const table = /^\d+\.ldb$/

const inFile = (name: string, pattern: RegExp, edit: Edit): FileDamage => ({
  name,
  size: pattern === table ? "large" : "small",
  apply: (folder) => edit(largest(folder, pattern)),
})

/** Turned bits and zeroed pages all over a file. */
const spread = (prefix: string, pattern: RegExp, shares: readonly number[]): FileDamage[] =>
  shares.flatMap((share) => [
    inFile(`${prefix}-bit-${share}`, pattern, (file) => files.flipBit(file, share)),
    inFile(`${prefix}-zeros-${share}`, pattern, (file) => files.zero(file, share)),
  ])

const everywhere: readonly FileDamage[] = [
  { name: "untouched", size: "small", expect: "nothing", apply: () => undefined },
  { name: "removed", size: "small", expect: "STORE_LOST", apply: (folder) => files.remove(folder) },
  {
    name: "older",
    size: "small",
    expect: "STORE_ROLLED_BACK",
    apply: (folder, older) => {
      files.remove(folder)
      files.copyFolder(older, folder)
    },
  },
]

const log = /^\d+\.log$/
const manifest = /^MANIFEST-/
const current = /^CURRENT$/

const levelDb: readonly FileDamage[] = [
  { name: "untouched-large", size: "large", expect: "nothing", apply: () => undefined },
  inFile("log-tail-cut", log, (file) => files.cutTail(file, 10)),
  inFile("log-half", log, (file) => files.cut(file, 0.5)),
  inFile("log-missing", log, files.remove),
  ...spread("log", log, [0.3]),
  ...spread("table", table, [0.5]),
  inFile("table-half", table, (file) => files.cut(file, 0.5)),
  inFile("table-missing", table, files.remove),
  inFile("manifest-bit", manifest, (file) => files.flipBit(file, 0.5)),
  { ...inFile("manifest-missing", manifest, files.remove), removable: false },
  inFile("current-missing", current, files.remove),
  { ...inFile("current-garbage", current, (file) => files.overwrite(file, "MANIFEST-nothing\n")), removable: false },
]

const database = /\.sqlite3?$/

const sqlite: readonly FileDamage[] = [
  inFile("header-bit", database, (file) => files.flipBit(file, 0)),
  inFile("header-zeros", database, (file) => files.zero(file, 0)),
  ...spread("pages", database, [0.2, 0.5, 0.8]),
  inFile("half", database, (file) => files.cut(file, 0.5)),
  inFile("empty", database, (file) => files.cut(file, 0)),
  inFile("file-missing", database, files.remove),
]

/** The matrix of an engine. Names are good as host names. */
export const fileDamages = (engine: Engine): readonly FileDamage[] =>
  [...everywhere, ...(engine === "chromium" ? levelDb : sqlite)].map((one) => ({
    ...one,
    name: one.name.replace(".", ""),
  }))
