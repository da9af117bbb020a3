/**
 * Faults of a bucket from dice. Owns: which faults come together, and how often.
 * Invariant: a seed gives one weather. Each weather has a random part of the kinds, at rates of very different size, as a
 * mixture of everything at once hides what a single kind does alone; one in ten has none at all.
 */
import type { Code } from "@fixpoint/core/errors"
import type { Dice } from "./dice.ts"
import type { BucketFault, BucketFaultPlan } from "./faulty-bucket.ts"

/** How often each kind of fault comes, in calls of a thousand. */
export interface BucketWeather {
  readonly refused: number
  readonly throttled: number
  readonly lost: number
  readonly late: number
  readonly twice: number
  readonly stale: number
  readonly damaged: number
}

/** No fault at all. */
export const fairWeather: BucketWeather = { refused: 0, throttled: 0, lost: 0, late: 0, twice: 0, stale: 0, damaged: 0 }

const perMilleMax = 100
const lateCallsMax = 40

const refusals: readonly Code[] = ["REMOTE_UNAVAILABLE", "REMOTE_TIMEOUT", "REMOTE_INTERCEPTED"]

/** A weather of the dice. */
export function drawWeather(dice: Dice): BucketWeather {
  if (dice.below(10) === 0) return fairWeather
  // Halved up to six times: rates from one in a thousand to one in ten.
  const draw = () => (dice.below(2) === 0 ? 0 : perMilleMax >> dice.below(7))
  const perMille = { refused: draw(), throttled: draw(), lost: draw(), late: draw(), twice: draw(), stale: draw() }
  return { ...perMille, damaged: draw() }
}

/** A plan in which every call meets the weather. */
export function weatherPlan(dice: Dice, weather: BucketWeather): BucketFaultPlan {
  const calls = () => 1 + dice.below(lateCallsMax)
  const faults: Record<keyof BucketWeather, () => BucketFault> = {
    refused: () => ({ kind: "refused", code: refusals[dice.below(refusals.length)]! }),
    throttled: () => ({ kind: "refused", code: "REMOTE_THROTTLED" }),
    lost: () => ({ kind: "lost", code: "REMOTE_TIMEOUT" }),
    late: () => ({ kind: "late", code: "REMOTE_TIMEOUT", calls: calls() }),
    twice: () => ({ kind: "twice", calls: calls() }),
    stale: () => ({ kind: "stale", calls: calls() }),
    damaged: () => ({ kind: "damaged", damage: (body) => damaged(dice, body) }),
  }
  return () => {
    let drawn = dice.below(1000)
    for (const kind of Object.keys(faults) as (keyof BucketWeather)[]) {
      if (drawn < weather[kind]) return faults[kind]()
      drawn -= weather[kind]
    }
    return undefined
  }
}

/** Bytes of which one bit is another, or the end is missing. */
function damaged(dice: Dice, body: Uint8Array): Uint8Array {
  if (body.length === 0) return body
  const at = dice.below(body.length)
  if (dice.below(4) === 0) return body.slice(0, at)
  body[at] = (body[at] as number) ^ (1 << dice.below(8))
  return body
}
