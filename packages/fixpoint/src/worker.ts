/**
 * fixpoint/worker: where a worker begins. Owns: the load of the engine's side of it, and what the page says meanwhile.
 * It is a file of its own as browsers keep the compiled code of what a worker imports, and not of the script that it was started
 * with (docs/decisions/076). Invariant: what was said early is heard. Importing this starts nothing.
 */
import type { GatewayMakers } from "./crossing.ts"
import { loadHome } from "./home-file.ts"

/** What a worker of an application adds. */
export interface ServeOptions {
  /** Makes gateways by kind, for pages that attach `{ name, description: { kind, settings } }`. */
  readonly gateways?: GatewayMakers
}

/** Serves databases to the page that started this worker. */
export function serve({ gateways = {} }: ServeOptions = {}): void {
  const early: MessageEvent[] = []
  const keep = (event: MessageEvent) => void early.push(event)
  addEventListener("message", keep)
  const begin = async () => {
    const { serveHome } = await loadHome()
    removeEventListener("message", keep)
    serveHome(gateways, early)
  }
  // The page hears of it as of a script that did not load.
  begin().catch(reportError)
}
