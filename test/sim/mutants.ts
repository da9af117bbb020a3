/**
 * The protocol without one of its rules: what each rule is for. Owns: the ways to break it.
 * A mutant is the sound rules with one function replaced, or a replica that does not do its part.
 */
import { type Group, type Rules, soundRules } from "@fixpoint/core/sync"
import type { SimulationOptions } from "@fixpoint/testkit"
import type { schedules } from "./schedules.ts"

/** A broken protocol. */
export interface Mutant {
  readonly rule: string
  readonly what: string
  readonly options: Partial<SimulationOptions>
  /** The schedule that shows it at once. */
  readonly schedule: keyof typeof schedules
}

const without = (
  [rule, schedule]: readonly [rule: string, schedule: Mutant["schedule"]],
  what: string,
  change: Partial<Rules>,
): Mutant => ({ rule, schedule, what, options: { rules: { ...soundRules, ...change } } })

const isCovered = (heads: Group["heads"], by: Group["heads"]): boolean =>
  Object.entries(heads).every(([actor, [hlc]]) => (by[actor]?.[0] ?? 0) >= hlc)

/** One mutant or more for each rule. */
export const mutants: readonly Mutant[] = [
  without(["R1", "register"], "a device lists, then registers", {
    async registerThenList(register, list) {
      await list()
      await register()
    },
  }),
  without(["R2", "absence"], "what a base lacks is kept", { absorbWhole: ({ known }) => ({ known, told: {} }) }),
  without(["R3", "control"], "the control log is read before the packs", {
    controlAfterPacks: async (before) => before,
  }),
  without(["R4", "boundary"], "packs count whatever bases tell", { reachesBoundaries: () => true }),
  without(["R5", "copy"], "nobody looks after a write", { contradicts: () => false }),
  without(["R6", "restore"], "doubt is ignored", { answerDoubt: async () => undefined }),
  { rule: "R7", schedule: "recut", what: "a pack is cut again after a crash", options: { storesCuts: false } },
  without(["R8", "order"], "the smallest base is kept", {
    deletable(present) {
      const [, ...greater] = present.groups
        .filter(({ group }) => group.kind === "base")
        .sort((a, b) => (isCovered(a.group.heads, b.group.heads) ? -1 : 1))
      return { packs: soundRules.deletable(present).packs, groups: greater }
    },
  }),
  without(["R8", "run"], "a run replaces a base", {
    deletable(present) {
      const sound = soundRules.deletable(present)
      const isReplaced = (heads: Group["heads"]): boolean =>
        present.groups.some(({ group }) => group.kind === "run" && isCovered(heads, group.heads))
      const bases = present.groups.filter(({ group }) => group.kind === "base" && isReplaced(group.heads))
      return { packs: sound.packs, groups: [...sound.groups, ...bases] }
    },
  }),
  without(["R9", "run"], "runs collect as bases do", { collects: () => true }),
  without(["R9", "floor"], "a run begins below what was collected", { mayBeginRun: () => true }),
  without(["R10", "horizon"], "what is known here counts as seen by all", {
    horizon: ({ heads }) => Object.fromEntries(Object.entries(heads).map(([actor, [hlc]]) => [actor, hlc])),
  }),
  without(["R11", "fence"], "an actor is sealed without a fence", { fenceThenSeal: (_, seal) => seal() }),
]
