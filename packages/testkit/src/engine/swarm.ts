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

/** After these somebody is gone, and ended by nobody. */
const partings = ["wipe", "evict"] as const
/** After these two devices share a past. */
const copying = ["restore", "clone"] as const

/** What of a mixture is not drawn. */
export interface Fixed {
  readonly without: readonly (keyof Trouble)[]
  /** Whether files are what it is about. */
  readonly isOfFiles: boolean
}

/** The mixture of a seed. */
export function drawSwarm(dice: Dice, { without, isOfFiles }: Fixed): Swarm {
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
  const kinds = Object.keys(noTrouble) as (keyof Trouble)[]
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
    trouble: {
      ...noTrouble,
      ...Object.fromEntries(kinds.map((kind) => [kind, excluded.has(kind) ? 0 : often[kind]])),
    },
  }
}
