/** What a page loads with its first database: the part of its side that talks to engines, and the link to a worker. */
import { Connection } from "./connection.ts"
import type { SessionNews, SessionRequest } from "./session-seam.ts"
import { connectWorker, type StartedWorker } from "./worker-link.ts"

/** Runs a database in a worker; `start` makes one, at first and after each death. */
export const connect = (request: SessionRequest, news: SessionNews, start: () => StartedWorker): Connection =>
  new Connection((wanted, listener) => connectWorker(wanted, listener, start), request, news)
