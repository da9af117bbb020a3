/** Engines in the thread of a page, for `worker: "inline"` and where there are no workers. Loaded on demand: it is the engine. */
import { browserPlatform } from "./browser-platform.ts"
import { connectInline } from "./inline-link.ts"
import type { Connect } from "./link.ts"

/** Connects to engines in this thread. */
export const connect: Connect = connectInline(browserPlatform)
