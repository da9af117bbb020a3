/**
 * How two devices come to the same through a bucket. Owns: the scenarios of synchronisation, as they come.
 */
import type { Scenario } from "./scenario.ts"

/** In the order of a round, on a profile of their own. */
export const syncScenarios: readonly Scenario[] = []
