import { fixpoint } from "fixpoint"
import { describe } from "vitest"
import { describeFacade } from "./suite.ts"

// In browsers the engine is in a real worker, in Node in the same thread over a stand-in for IndexedDB.
describe("fixpoint", () => describeFacade((options, name = crypto.randomUUID()) => fixpoint(name, options)))
