/** What a page loads for `worker: "inline"`, and where there are no workers: it has the engine in it. */
import { browserPlatform } from "./browser-platform.ts"
import { Connection } from "./connection.ts"
import { connectInline } from "./inline-link.ts"
import type { SessionNews, SessionRequest } from "./session-seam.ts"

/** Runs a database in this thread. */
export const connect = (request: SessionRequest, news: SessionNews): Connection =>
  new Connection(connectInline(browserPlatform), request, news)
