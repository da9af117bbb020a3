/**
 * Every scenario, in the order of a round: writes, opens, reads, indexes, live queries, searches, texts, sync.
 * Invariant: each scenario runs in a freshly loaded page on the data that the ones before it left; documents are made
 * before the clock starts and answers are compared after it stops. Must not know a system: it sees a Driver.
 */
import { blocking, disk } from "./cost-scenarios.ts"
import { live, liveMany } from "./live-scenarios.ts"
import { coldBoot, coldOpen, reload } from "./open-scenarios.ts"
import { queries, search } from "./query-scenarios.ts"
import { coldGetMany, coldGets, coldGetsAtOnce, scan } from "./read-scenarios.ts"
import type { Scenario } from "./scenario.ts"
import { syncScenarios } from "./sync-scenarios.ts"
import { text, textOpen } from "./text-scenarios.ts"
import {
  concurrent,
  fill,
  fillIndexed,
  patchEach,
  patchMany,
  patchOne,
  put,
  putIndexed,
  putStrict,
  update,
} from "./write-scenarios.ts"

/** Scenarios of one subject: they stand together in tables and plots. */
export interface Subject {
  readonly id: string
  readonly title: string
  readonly scenarios: readonly Scenario[]
}

/** All of them. The first fills the database that most of the others use. */
export const subjects: readonly Subject[] = [
  { id: "bulk", title: "Filling", scenarios: [fill] },
  { id: "open", title: "Opening", scenarios: [coldOpen, reload, coldBoot] },
  { id: "read", title: "Reading", scenarios: [coldGets, coldGetsAtOnce, coldGetMany, scan] },
  {
    id: "write",
    title: "Writing",
    scenarios: [put, putStrict, concurrent, patchOne, update, patchMany, patchEach],
  },
  { id: "cost", title: "Costs", scenarios: [blocking, disk] },
  { id: "query", title: "Queries", scenarios: [fillIndexed, queries, putIndexed] },
  { id: "live", title: "Live queries", scenarios: [live, liveMany] },
  { id: "search", title: "Search", scenarios: [search] },
  { id: "text", title: "Text", scenarios: [text, textOpen] },
  { id: "sync", title: "Sync", scenarios: syncScenarios },
]

/** The same in one list. */
export const scenarios: readonly Scenario[] = subjects.flatMap((subject) => subject.scenarios)
