import { fixpoint } from "fixpoint"
import { describe } from "vitest"
import { describeFacade } from "./suite.ts"

describe("fixpoint in happy-dom", () =>
  describeFacade((options, name = crypto.randomUUID()) => fixpoint(name, options)))
