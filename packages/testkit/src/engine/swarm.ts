/**
 * What one seed does much of, and what it does not at all. Owns: the ranges. Everything at once hides what a single kind of trouble
 * does alone, so each seed leaves out about half of the kinds; one in ten has none, and has to be perfect.
 */
import { type BucketWeather, drawWeather, fairWeather } from "../bucket-weather.ts"
import type { Dice } from "../dice.ts"

/** Kinds of trouble, by how often in a thousand steps. */
export interface Trouble {
  /** One tab is killed. */
  readonly killTab: number
  /** All tabs of a device are killed. */
  readonly kill: number
  /** And the last commits are gone. */
  readonly powerCut: number
  readonly freeze: number
  readonly offline: number
  /** The disk is emptied. */
  readonly wipe: number
  /** The disk is put back to an older state. */
  readonly restore: number
  /** A second device goes on from a copy of the disk. */
  readonly clone: number
  /** The wall clock jumps. */
  readonly clock: number
  /** The bucket loses an object, everything, or the newest things. */
  readonly bucketLoss: number
  /** Somebody ends an actor. */
  readonly evict: number
  /** A page of somebody else answers a device, until it is online again. */
  readonly portal: number
  /** A device's credentials expire, until they are given anew. */
  readonly expiry: number
}

/** A seed's own mixture. */
export interface Swarm {
  readonly isQuiet: boolean
  /** Whether users type in a shared text, besides what else they do. */
  readonly types: boolean
  /** Whether they attach files. */
  readonly attaches: boolean
  /** Deeds of a hundred that put files in the place of others. */
  readonly lending: number
  /** How long what nothing names stays in the bucket. */
  readonly fileRetentionMs: number
  readonly devices: number
  readonly tabsMax: number
  readonly weather: BucketWeather
  /** Whether lists are up to date; a bucket whose lists are not says so. */
  readonly strongList: boolean
  readonly latencyMsMax: number
  readonly storeMsMax: number
  /** Commits that fail, in a thousand. */
  readonly commitFaults: number
  /** The longest pause between two steps. */
  readonly pauseMsMax: number
  /** Rounds after which a tab makes a run or a base, or deletes, in a thousand. */
  readonly upkeep: number
  /** Deeds of a hundred that bring a device back online, that bring a new one, and that bring and take fields, besides those there always are. */
  readonly returns: number
  readonly joins: number
  readonly changes: number
  /** Rounds of a hundred after which a device tells what it has seen, though it has written nothing. */
  readonly announces: number
  /** Rounds of a hundred after which the next one looks at all of the bucket. */
  readonly looks: number
  /** Whether it is those that are away who are ended. */
  readonly endsAway: boolean
  /** No more devices than this. */
  readonly devicesMax: number
  /** Whether what is in the bucket in the end is not replaced by one base. */
  readonly leavesRuns: boolean
  readonly trouble: Trouble
}

const noTrouble: Trouble = {
  killTab: 0,
  kill: 0,
  powerCut: 0,
  freeze: 0,
  offline: 0,
  wipe: 0,
  restore: 0,
  clone: 0,
  clock: 0,
  bucketLoss: 0,
  evict: 0,
  portal: 0,
  expiry: 0,
}

/** All kinds of trouble. */
export const troubleKinds = Object.keys(noTrouble) as readonly (keyof Trouble)[]

/** After these somebody is gone, and ended by nobody. */
const partings = ["wipe", "evict"] as const
/** After these two devices share a past. */
const copying = ["restore", "clone"] as const

/** What seeds can be about: files that come and go, or devices that come back to a bucket that was tidied meanwhile. */
export type Theme = "files" | "upkeep"

/** What of a mixture is not drawn. */
export interface Fixed {
  readonly without: readonly (keyof Trouble)[]
  readonly about: Theme | undefined
}

/** The mixture of a seed. */
export function drawSwarm(dice: Dice, fixed: Fixed): Swarm {
  const swarm = drawMixture(dice, fixed)
  return fixed.about === "upkeep" ? tidied(dice, swarm, fixed.without) : swarm
}

/**
 * Packs are replaced and deletions collected all the time, while devices are away, ended, copied, put back, or new: what the
 * rules of upkeep are for comes of these together.
 */
function tidied(dice: Dice, swarm: Swarm, without: readonly (keyof Trouble)[]): Swarm {
  const between = (low: number, high: number): number => low + dice.below(high - low)
  const half = (low: number, high: number): number => (dice.below(2) === 0 ? 0 : between(low, high))
  const twins = { restore: half(10, 40), clone: half(10, 60) }
  const { trouble } = swarm
  const often: Trouble = { ...trouble, ...twins, evict: half(20, 90), offline: between(20, 80), bucketLoss: 0 }
  const wanted = Object.entries(often).map(([kind, rate]) => [kind, without.includes(kind as keyof Trouble) ? 0 : rate])
  return {
    ...swarm,
    isQuiet: false,
    devicesMax: 5,
    upkeep: between(300, 900),
    returns: between(2, 12),
    joins: between(0, 4),
    changes: between(20, 50),
    announces: between(30, 90),
    looks: half(10, 60),
    endsAway: dice.below(3) > 0,
    leavesRuns: dice.below(2) === 0,
    trouble: { ...trouble, ...Object.fromEntries(wanted) },
  }
}

function drawMixture(dice: Dice, { without, about }: Fixed): Swarm {
  const isOfFiles = about === "files"
  const isQuiet = dice.below(10) === 0
  const between = (low: number, high: number): number => low + dice.below(high - low)
  const rare = (perMille: number) => (isQuiet || dice.below(2) === 0 ? 0 : between(perMille >> 2, perMille))
  const often: Trouble = {
    killTab: rare(80),
    kill: rare(40),
    powerCut: rare(40),
    freeze: rare(60),
    offline: rare(60),
    wipe: rare(16),
    restore: rare(24),
    clone: rare(24),
    clock: rare(30),
    bucketLoss: rare(12),
    evict: rare(24),
    portal: rare(40),
    expiry: rare(30),
  }
  // What a bucket and its author have both lost is written again under its old name, and is another thing to those who have read it.
  const excluded = new Set<keyof Trouble>([...without, ...(often.bucketLoss > 0 ? copying : [])])
  const weather = isQuiet ? fairWeather : drawWeather(dice)
  const strongList = isQuiet || weather.stale === 0 || dice.below(2) === 0
  const types = dice.below(3) === 0
  const attaches = dice.below(3) === 0 || isOfFiles
  // Copies have the other seeds; and who is gone for good without an end keeps files in the bucket for good.
  const spared = isOfFiles ? [...copying, ...(dice.below(2) === 0 ? partings : [])] : []
  for (const kind of spared) excluded.add(kind)
  return {
    isQuiet,
    types,
    attaches,
    lending: isOfFiles ? 40 : attaches ? 10 : 0,
    fileRetentionMs: attaches ? between(0, 10_000) : 0,
    devices: between(2, 4),
    tabsMax: between(1, 3),
    weather: strongList ? { ...weather, stale: 0 } : weather,
    strongList,
    latencyMsMax: between(2, 400),
    storeMsMax: between(1, 12),
    commitFaults: rare(30),
    pauseMsMax: between(100, 2000),
    upkeep: between(0, 300),
    returns: 0,
    joins: 0,
    changes: 0,
    announces: 0,
    looks: 0,
    endsAway: false,
    devicesMax: 4,
    leavesRuns: false,
    trouble: {
      ...noTrouble,
      ...Object.fromEntries(troubleKinds.map((kind) => [kind, excluded.has(kind) ? 0 : often[kind]])),
    },
  }
}
