// Since when runs and bases have been seen in a bucket.
import { expect, test } from "vitest"
import type { Bucket } from "./bucket.ts"
import type { PresentGroup } from "./listing.ts"
import type { RemoteNote } from "./memory.ts"
import type { Replica } from "./replica.ts"
import { longThere } from "./replaced.ts"
import type { Session } from "./session.ts"

const group = (id: string) => ({ listed: { id } }) as PresentGroup
const [one, other] = [group("one"), group("other")]

/** A remote that is looked at at times; what is remembered of it, and how often that was stored. */
function remote() {
  const at = { nowMs: 0, outruns: 0, stored: 0, note: {} as Partial<RemoteNote> }
  const replica: Partial<Replica> = {
    read: async () =>
      ({ revision: at.stored, notes: { r: at.note } }) as unknown as Awaited<ReturnType<Replica["read"]>>,
    async remember(_, { notes = {} }) {
      if (at.outruns > 0) {
        at.outruns--
        // Another tab was first: it has seen one of them before.
        at.note = { groups: { one: 50 } }
        return "outrun"
      }
      at.stored++
      at.note = notes["r"] as Partial<RemoteNote>
      return "done"
    },
  }
  const bucket: Partial<Bucket> = { nowMs: () => at.nowMs }
  const session = { replica, bucket, remote: "r", packRetentionMs: 100 } as unknown as Session
  const look = async (nowMs: number, ...groups: PresentGroup[]) => {
    at.nowMs = nowMs
    return (await longThere(session, groups)).map(({ listed }) => listed.id)
  }
  return { at, look }
}

test("what has been seen for so long is old, what came later is not, and a look that sees nothing new stores nothing", async () => {
  const { at, look } = remote()
  expect(await look(100, one)).toEqual([])
  expect(await look(150, one, other)).toEqual([])
  expect(at.stored).toBe(2)
  expect(await look(199, one, other)).toEqual([])
  expect(await look(200, one, other)).toEqual(["one"])
  expect(await look(250, one, other)).toEqual(["one", "other"])
  expect(at.stored).toBe(2)
})

test("what has gone is forgotten with the next that comes", async () => {
  const { at, look } = remote()
  await look(100, one)
  await look(150, other)
  expect(at.note.groups).toEqual({ other: 150 })
})

test("a clock that was set back begins anew", async () => {
  const { look } = remote()
  await look(1000, one)
  expect(await look(10, one)).toEqual([])
  expect(await look(110, one)).toEqual(["one"])
})

test("what another tab has noted meanwhile counts", async () => {
  const { at, look } = remote()
  at.outruns = 1
  expect(await look(160, one, other)).toEqual(["one"])
  expect(at.note.groups).toEqual({ one: 50, other: 160 })
})
