/**
 * Conflicts as an application asks for them. Loaded with the first question. Owns: their values as they are given, and the check of
 * what is decided. Must not know how conflicts are kept.
 */
import type { Authorship, Decision, LostWrite as Told } from "@fixpoint/core"
import { checkCollection, checkId, decodeDocument, decodeValue, type FileValues } from "@fixpoint/core/codec"
import type { LostName, LostWrite } from "./conflict-seam.ts"
import type { Author } from "./past-seam.ts"
import type { PastReading } from "./past.ts"
import { checkDurability, refused } from "./refused.ts"
import type { Receipt, Work } from "./scope.ts"

/** The questions about conflicts. */
export type ConflictWork = {
  readonly [M in "conflicts" | "resolve"]: (reading: PastReading, ...asked: Parameters<Work[M]>) => ReturnType<Work[M]>
}

/** Asks them. */
export const conflicts: ConflictWork = {
  async conflicts({ lane, files }, collection, [id], options) {
    const args = [checkCollection(collection), checkId(id)]
    const told = (await lane.outside("part", ["conflicts", "conflicts", args], options)) as readonly Told[]
    return told.map((one) => lostOf(id, one, files))
  },

  async resolve({ lane }, collection, [id, lost, choice], options) {
    const { durability = lane.durability } = options
    checkDurability(durability)
    const decision: Decision = { ...nameOf(lost), choice: checkedChoice(choice), durability }
    const args = [checkCollection(collection), checkId(id), decision]
    return (await lane.outside("part", ["conflicts", "resolve", args], options)) as Receipt | undefined
  },
}

function lostOf(id: string, { path, isDocument, winner, loser, authors }: Told, files: FileValues): LostWrite {
  const valueOf = (stored: Told["winner"]): unknown => {
    if (stored === undefined) return undefined
    return isDocument ? decodeDocument(id, JSON.stringify(stored), files) : decodeValue(stored, files)
  }
  const [won, lost] = [authorOf(authors.winner), authorOf(authors.loser)]
  return {
    path,
    isDocument,
    winner: valueOf(winner),
    loser: valueOf(loser),
    stamps: { winner: won.stamp, loser: lost.stamp },
    authors: { winner: won, loser: lost },
  }
}

const authorOf = ({ stamp, atMs, actor }: Authorship): Author => ({ stamp, at: new Date(atMs), actor })

function nameOf(lost: unknown): Pick<Decision, "path" | "isDocument" | "stamp"> {
  const { path, isDocument, stamps } = (lost ?? {}) as Partial<LostName>
  const stamp = stamps?.loser
  if (typeof path !== "string" || typeof isDocument !== "boolean" || typeof stamp !== "string")
    throw refused("lost", "resolve takes a conflict as conflicts() gives it.")
  return { path, isDocument, stamp }
}

function checkedChoice(choice: unknown): Decision["choice"] {
  if (choice === "winner" || choice === "loser") return choice
  throw refused("choice", 'resolve chooses "winner" or "loser".')
}
