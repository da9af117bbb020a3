import { fixpoint } from "fixpoint"
import { describe } from "vitest"
import { describeFacade } from "./suite.ts"

describe("fixpoint in the page's own thread, in memory", () =>
  describeFacade((options, name = crypto.randomUUID()) =>
    fixpoint(name, { storage: { memory: "disk" }, ...options, worker: "inline" }),
  ))
