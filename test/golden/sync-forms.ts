/**
 * The rows that a database keeps of its sync. Owns: their sample, and what it says.
 */
import { fromHex } from "../../packages/core/src/base/bytes.ts"
import {
  changedState,
  incarnationOf,
  packEntries,
  readContent,
  readMemory,
  readState,
  stateEntry,
  stateKey,
  type StoredState,
} from "../../packages/core/src/db/replica-rows.ts"
import { totalAt, totalsAfter, totalsKey } from "../../packages/core/src/db/sent-totals.ts"
import { Ledger } from "../../packages/core/src/db/ledger.ts"
import { rowKey } from "../../packages/core/src/codec/key.ts"

const actor = "0123456789abcdef"
const hash = "00112233445566778899aabbccddeeff"
const secret = fromHex("0f".repeat(32))
const content = fromHex("00ff10")

const state: StoredState = {
  v: 1,
  revision: 6,
  incarnation: { actor, secret: "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=" },
  heads: { [actor]: [8192, hash] },
  cutThrough: 36,
  isVoid: false,
  notes: [],
  outbox: [],
  nextPack: 3,
}

const counting = { life: 0 as const, cells: new Map([[`n\0c${actor}`, { stamp: { hlc: 8000, actor }, value: 5 }]]) }

/** All rows of a database that has cut two packs, of which one is delivered, with one counter. */
export const makeSyncRows = (): Promise<string> => rowsWith({ number: 2, actor, lo: 4096, hi: 8192 })

/** The same, the pack's hash beside it. */
export const makeHashedSyncRows = (): Promise<string> => rowsWith({ number: 2, actor, lo: 4096, hi: 8192, hash })

async function rowsWith(outgoing: Parameters<typeof packEntries>[0]): Promise<string> {
  const { pack, entries } = packEntries(outgoing, content)
  const changed = changedState(
    { ...state, outbox: [pack] },
    { memory: { m: 1 }, notes: { "s3:bucket/ä": { etag: "x" } } },
  )
  const totals = totalsAfter(undefined, counting, 8192, 4096)
  const key = totalsKey(rowKey("docs", "a"))
  return JSON.stringify([...entries, ...changed.entries, stateEntry(changed.state), [key, totals]])
}

/** What a database makes of these rows. */
export async function readSyncRows(golden: string): Promise<unknown> {
  const rows = new Map(JSON.parse(golden) as [string, string][])
  const read = readState(rows.get(stateKey))
  const readRows = async (keys: readonly string[]) => keys.map((key) => rows.get(key))
  const memory = await readMemory(read, readRows)
  const outbox = await Promise.all(
    read.outbox.map(async (pack) => {
      const { number: _number, pieces: _pieces, ...said } = pack
      return { ...said, content: await readContent(pack, readRows) }
    }),
  )
  const total = totalAt(rows.get(totalsKey(rowKey("docs", "a"))), `n\0c${actor}`, 8192)
  const { revision, heads, cutThrough, nextPack } = read
  return { revision, heads, cutThrough, nextPack, incarnation: incarnationOf(read), ...memory, outbox, total }
}

/** What the sample says. */
export const saidBySyncRows = {
  revision: 7,
  heads: { [actor]: [8192, hash] },
  cutThrough: 36,
  nextPack: 3,
  incarnation: { actor, secret },
  memory: { m: 1 },
  notes: { "s3:bucket/ä": { etag: "x" } },
  outbox: [{ actor, lo: 4096, hi: 8192, content }],
  total: [8192, 8000, 5],
}

/** What the sample with a hash says. */
export const saidByHashedSyncRows = { ...saidBySyncRows, outbox: [{ actor, lo: 4096, hi: 8192, hash, content }] }

/** What a ledger makes of a record that moved the clock without a commit, and gave an actor another name. */
export function readSyncNote(golden: string): unknown {
  const ledger = new Ledger()
  for (const note of JSON.parse(golden)) ledger.absorb(note)
  return { hlc: ledger.hlc, wrote: ledger.wrote, self: ledger.self, actors: ledger.actors, whole: ledger.toNote() }
}

/** The notes of a commit, and of the record that binds its actor. */
export const syncNotes = [
  { hlc: 4096, actors: ["vvvvvvvvvvvvvvvv"], counts: { docs: 1 }, self: "vvvvvvvvvvvvvvvv" },
  { hlc: 8192, actors: [], counts: {}, wrote: 4096, self: actor, renamed: [[0, actor]] },
]

/** What they say. */
export const saidBySyncNotes = {
  hlc: 8192,
  wrote: 4096,
  self: actor,
  actors: [actor],
  whole: { hlc: 8192, actors: [actor], counts: { docs: 1 }, wrote: 4096, self: actor },
}
