// Names of a bucket, understood: in whatever order they come, and whoever put them there.
import { expect, test } from "vitest"
import { readNames } from "./listing.ts"
import { groupFolder, groupId, headerName, packName } from "./names.ts"

const [actor, other] = ["0123456789abcdef", "vvvvvvvvvvvvvvvv"] as const
const named = (...names: readonly string[]) => names.map((name) => ({ name, size: 1 }))

test("packs are in the order of their places, those of one place in that of their names", () => {
  const names = [
    packName(actor, 9),
    packName(actor, 5, "b"),
    packName(actor, 5, "a"),
    packName(other, 7),
    packName(actor, 0),
  ]
  const sorted = [packName(actor, 0), packName(actor, 5, "a"), packName(actor, 5, "b"), packName(actor, 9)]
  for (const given of [names, names.toReversed()]) {
    const { packs, count } = readNames(named(...given))
    expect(packs.get(actor)?.map(({ name }) => name)).toEqual(sorted)
    expect([packs.get(other)?.length, count]).toEqual([1, 5])
  }
})

test("what is no name of ours is not there", () => {
  const id = groupId(9, actor, "00c0ffee")
  const { packs, groups, count } = readNames(
    named(
      "p/0/ABC/0",
      `${packName(actor, 0)}.bak`,
      "p/3/x/h",
      `${groupFolder("base", id)}/-1`,
      `${groupFolder("base", id)}/0`,
      headerName("base", id),
    ),
  )
  expect([packs.size, count]).toEqual([0, 2])
  expect(groups).toEqual([{ kind: "base", id, maker: actor, hasHeader: true, parts: [0] }])
})
