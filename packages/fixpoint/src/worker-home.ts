/**
 * The engine's side of a worker. Owns: the control plane (comlink) and the worker's lock.
 * Invariant: the lock is held from before the first answer until the worker ends, however it ends: who gets it knows that this
 * worker is dead, and not merely frozen. Importing this starts nothing.
 */
import { type Endpoint, expose } from "comlink"
import { asFixpointError, type ErrorJson } from "@fixpoint/core/errors"
import { browserPlatform } from "./browser-platform.ts"
import { type Guest, type Home, startEngine } from "./home.ts"
import type { GatewayMakers } from "./crossing.ts"
import type { AskPassphrase, LogChoice, OpenRequest } from "./protocol.ts"

/** What a page gives to the worker that it opens a database in. */
export interface WorkerOpening {
  readonly request: OpenRequest
  /** Carries batches. */
  readonly port: MessagePort
  /** The name of the lock that shows that the worker lives. */
  readonly lock: string
}

/** The control plane of a worker. Failures are values, as comlink carries no codes. */
export interface WorkerControl {
  open(opening: WorkerOpening, ask: AskPassphrase | undefined): Promise<ErrorJson | undefined>
  configure(log: LogChoice): void
}

/** Serves databases to the page that started this worker; `early` is what it has said before. */
export function serveHome(gateways: GatewayMakers, early: readonly MessageEvent[]): void {
  const homes = new Set<Home>()
  const control: WorkerControl = {
    async open({ request, port, lock }, ask) {
      try {
        // The platform takes its time for the lock: the database opens meanwhile, and answers once the lock is there.
        const held = holdForEver(lock)
        const post: Guest["post"] = (answers, given) =>
          void held.then(
            () => port.postMessage(answers, given),
            () => undefined,
          )
        const home = startEngine(request, browserPlatform, { post, ask, gateways })
        homes.add(home)
        port.onmessage = ({ data }: MessageEvent<unknown>) => home.server.take(data)
        await held
        return undefined
      } catch (error) {
        return asFixpointError(error).toJSON()
      }
    },
    configure(log) {
      for (const home of homes) home.configure(log)
    },
  }
  expose(control, hearing(early))
}

/** This worker's end of the control plane: whoever listens hears first what came before. */
function hearing(early: readonly MessageEvent[]): Endpoint {
  const scope = globalThis as unknown as Endpoint
  return {
    postMessage: (message, transfer) => scope.postMessage(message, transfer),
    addEventListener(type, listener) {
      for (const event of early) (listener as EventListener)(event)
      scope.addEventListener(type, listener)
    },
    removeEventListener: (type, listener) => scope.removeEventListener(type, listener),
  }
}

/** Resolves once the lock is held. Platforms without locks tell of a worker's end in no other way either. */
function holdForEver(lock: string): Promise<void> {
  const locks = (navigator as Partial<Navigator>).locks
  if (locks === undefined) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const held = locks.request(lock, () => {
      resolve()
      return new Promise<never>(() => undefined)
    })
    held.catch(reject)
  })
}
