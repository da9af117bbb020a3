// What is noted of files that nothing names, by who has seen all that a bucket holds.
import { expect, test } from "vitest"
import type { Bucket } from "./bucket.ts"
import type { Control, ControlLog } from "./control.ts"
import { readNames } from "./listing.ts"
import { groupFolder, groupId, headerName, packName } from "./names.ts"
import { tendPieces } from "./pieces.ts"
import type { Head, Replica, ReplicaState } from "./replica.ts"
import { soundRules } from "./rules.ts"
import { type ForgottenFiles, newRecollection, type Session, type SessionFiles } from "./session.ts"

const [self, sealed, file] = ["a".repeat(16), "b".repeat(16), `bafkrei${"c".repeat(52)}`] as const
const head: Head = [8, "0".repeat(32)]

/** Looks at a bucket with packs, and a file that nothing names; gives what is kept of that. */
async function kept(
  packs: readonly string[],
  seals: Control["seals"],
  forgotten?: ForgottenFiles,
  when: "now" | "daily" = "now",
) {
  const notes: ForgottenFiles[] = []
  const files: Partial<SessionFiles> = {
    survey: async () => ({ sent: new Map(), forgotten }),
    unnamed: async (asked) => asked,
    keep: async (note) => void notes.push(note),
  }
  const bucket: Partial<Bucket> = {
    nowMs: () => 1000,
    capabilities: async () => ({ createIfAbsent: true, strongList: true, serverTime: true }),
    list: async () => readNames(packs.map((name) => ({ name, size: 1 }))),
    groupsOf: async () => [],
    isBad: (name) => name.endsWith("/h"),
    listPieces: async () => new Map([[file, [`b/${file}`]]]),
  }
  const state: ReplicaState = {
    revision: 1,
    incarnation: { actor: self, secret: new Uint8Array(32) },
    heads: { [self]: head },
    hasUncut: false,
    hasVoid: false,
    outbox: [],
    memory: undefined,
    notes: { r: { actor: self, sent: head, sure: head, control: [], spans: {} } },
  }
  const session = {
    replica: { read: async () => state } as Partial<Replica>,
    bucket,
    control: { read: async () => ({ fenced: new Set(seals.keys()), seals }) } as Partial<ControlLog>,
    rules: soundRules,
    remote: "r",
    host: { clock: { monotonic: () => 0 } },
    files,
    fileRetentionMs: 10,
    known: newRecollection(),
  } as unknown as Session
  await tendPieces(session, when)
  return notes
}

const noted = [{ at: 1000, found: [{ at: 1000, seen: { [self]: 8 }, files: [file] }] }]

test("whoever is asked for it notes what nothing names at the first look", async () => {
  expect(await kept([packName(self, 0)], new Map())).toEqual(noted)
})

test("whoever is new to a bucket notes when that was, so that a day later there is a first look", async () => {
  expect(await kept([packName(self, 0)], new Map(), undefined, "daily")).toEqual([{ at: 1000, found: [] }])
  expect(await kept([packName(self, 0)], new Map(), { at: 1000, found: [] }, "daily")).toEqual([])
})

test("nothing is noted while there is a pack that was not taken in: it may name a file", async () => {
  const before = { at: 3, found: [{ at: 2, seen: {}, files: ["x"] }] }
  expect(await kept([packName(sealed, 3)], new Map(), before)).toEqual([{ ...before, at: 1000 }])
  expect(await kept([packName(sealed, 3)], new Map([[sealed, [5, head[1]]]]), before)).toEqual([
    { ...before, at: 1000 },
  ])
})

test("nothing is noted while a base cannot be read: the packs that it holds may be gone", async () => {
  const before = { at: 3, found: [{ at: 2, seen: {}, files: ["x"] }] }
  const id = groupId(8, sealed, "00000000")
  expect(await kept([headerName("base", id)], new Map(), before)).toEqual([{ ...before, at: 1000 }])
  expect(await kept([`${groupFolder("base", id)}/0`], new Map())).toEqual(noted)
})

test("packs behind a seal never count", async () => {
  expect(await kept([packName(sealed, 5)], new Map([[sealed, [5, head[1]]]]))).toEqual(noted)
  expect(await kept([packName(sealed, 0)], new Map([[sealed, null]]))).toEqual(noted)
})
