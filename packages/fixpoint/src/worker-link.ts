/**
 * An engine in a worker, as its page sees it. Owns: starting the worker, the control plane (comlink), and noticing its death.
 * Invariant: a dead worker is noticed by its lock, which the platform gives to us when it ends and not before, so that a frozen
 * one is waited for; its calls are rejected and another one is started, unless workers die faster than they can be of use.
 */
import { proxy, transfer, wrap } from "comlink"
import { asFixpointError, FixpointError } from "@fixpoint/core/errors"
import type { Link, LinkListener, LinkRequest } from "./link.ts"
import { monotonicMs } from "./thread-host.ts"
import { type Attachable, crossing } from "./crossing.ts"
import type { Batch, LogChoice } from "./protocol.ts"
import type { WorkerControl } from "./worker-home.ts"

/** A worker that was started, and how it breaks if it does. */
export interface StartedWorker {
  readonly worker: Worker
  readonly broken: Promise<ErrorEvent>
}

/** More deaths than this within `deathSpanMs` are the application's to handle. */
const deathsMax = 3
const deathSpanMs = 60_000

/** A worker answers its first call this soon, or has nothing that answers. Counted twice: a page may have been frozen. */
const answerMs = 15_000

const advice =
  "Where a bundler does not find it, make a worker file that calls serve() of fixpoint/worker, and open with worker: () => new Worker(url, { type: 'module' })."

/** Connects to an engine in a worker; `start` makes one, at first and after each death. */
export function connectWorker(request: LinkRequest, listener: LinkListener, start: () => StartedWorker): Link {
  return new WorkerLink(request, listener, start)
}

class WorkerLink implements Link {
  readonly #request: LinkRequest
  readonly #listener: LinkListener
  readonly #start: () => StartedWorker
  readonly #deaths: number[] = []
  #log: LogChoice
  #current: RunningWorker | undefined

  constructor(request: LinkRequest, listener: LinkListener, start: () => StartedWorker) {
    this.#request = request
    this.#listener = listener
    this.#start = start
    this.#log = request.open.log
    this.#run()
  }

  configure(log: LogChoice): void {
    this.#log = log
    this.#current?.configure(log)
  }

  end(): void {
    this.#current?.end()
    this.#current = undefined
  }

  #run(): void {
    try {
      const request = { ...this.#request, open: { ...this.#request.open, log: this.#log } }
      const running = new RunningWorker(this.#start(), request, {
        receive: (answers) => this.#listener.receive(answers),
        fail: (error) => this.#fail(error),
        died: () => this.#died(),
      })
      this.#current = running
      this.#listener.up((batch) => running.send(batch))
    } catch (error) {
      this.#fail(notStarted(error instanceof Error ? error.message : String(error)))
    }
  }

  #fail(error: FixpointError): void {
    this.end()
    this.#listener.fail(error)
  }

  #died(): void {
    this.end()
    const now = monotonicMs()
    this.#deaths.push(now)
    const recent = this.#deaths.filter((at) => now - at < deathSpanMs).length
    const error = new FixpointError("WORKER_LOST", "The worker ended; a write under way may have been stored.")
    if (recent > deathsMax) this.#listener.fail(error)
    else if (this.#listener.down(error)) this.#run()
  }
}

interface WorkerNews extends Pick<LinkListener, "receive" | "fail"> {
  died(): void
}

/** One worker from its start to its end. */
class RunningWorker {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #control: ReturnType<typeof wrap<WorkerControl>>
  readonly #news: WorkerNews
  readonly #ending = new AbortController()

  constructor({ worker, broken }: StartedWorker, { open, ask }: LinkRequest, news: WorkerNews) {
    this.#worker = worker
    this.#news = news
    this.#control = wrap<WorkerControl>(worker)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.onmessage = ({ data }) => news.receive(data)
    const lock = `fixpoint-worker-${crypto.randomUUID()}`
    const opening = transfer({ request: open, port: port2, lock }, [port2])
    const opened = this.#control.open(opening, ask && proxy(ask))
    void this.#begin(opened, broken, lock)
  }

  send(batch: Batch): void {
    const given: Transferable[] = []
    const crossed = batch.map((message) => {
      const { method, args } = message
      // A chunk of a file is the worker's from now on.
      if (method === "part" && args[1] === "push") given.push((args[2][1] as Uint8Array<ArrayBuffer>).buffer)
      return method === "attach" ? { ...message, args: [args[0], crossing(args[1] as Attachable, given)] } : message
    })
    this.#port.postMessage(crossed, given)
  }

  configure(log: LogChoice): void {
    void this.#control.configure(log)
  }

  end(): void {
    this.#ending.abort()
    this.#port.close()
    this.#worker.terminate()
  }

  async #begin(opened: ReturnType<WorkerControl["open"]>, broken: Promise<ErrorEvent>, lock: string): Promise<void> {
    try {
      const failed = broken.then((event) => {
        throw notStarted(event.message ?? "")
      })
      const refused = await Promise.race([opened, failed, this.#silence()])
      if (refused !== undefined) throw FixpointError.fromJSON(refused)
      await this.#watch(lock)
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#news.fail(asFixpointError(error))
    }
  }

  /** Rejects when the worker says nothing at all. */
  async #silence(): Promise<never> {
    for (let waits = 0; waits < 2; waits++) await new Promise((resolve) => setTimeout(resolve, answerMs))
    throw notStarted("it does not answer")
  }

  /** Waits for the worker's lock, which comes when it has ended. */
  async #watch(lock: string): Promise<void> {
    const locks = (navigator as Partial<Navigator>).locks
    const { signal } = this.#ending
    await locks?.request(lock, { signal }, async () => {
      if (!signal.aborted) this.#news.died()
    })
  }
}

function notStarted(reason: string): FixpointError {
  return new FixpointError("STORE_UNAVAILABLE", `The worker did not start. ${advice}`, { details: { reason } })
}
