/**
 * Calls of one function through a MessagePort. Owns: the messages, `[number, arguments]` and `[number, result]` or
 * `[number, , error]`. Invariant: each call is answered once, a failed one with its code, which comlink does not carry.
 * Must not know what is called.
 */
import { asFixpointError, type ErrorJson, FixpointError } from "@fixpoint/core/errors"

type Call = readonly [id: number, args: readonly unknown[]]
type Answer = readonly [id: number, result: unknown, error?: ErrorJson]

/** Answers the calls that come through a port. */
export function answerCalls(port: MessagePort, run: (...args: never[]) => unknown): void {
  port.onmessage = ({ data: [id, args] }: MessageEvent<Call>) => {
    const answer = (message: Answer) => port.postMessage(message)
    Promise.resolve()
      .then(() => (run as (...all: readonly unknown[]) => unknown)(...args))
      .then(
        (result) => answer([id, result]),
        (error: unknown) => answer([id, undefined, asFixpointError(error).toJSON()]),
      )
  }
}

/** The function behind a port. */
export function callsThrough(port: MessagePort): (...args: readonly unknown[]) => Promise<unknown> {
  const waiting = new Map<number, (answer: Answer) => void>()
  let count = 0
  port.onmessage = ({ data }: MessageEvent<Answer>) => {
    waiting.get(data[0])?.(data)
    waiting.delete(data[0])
  }
  return (...args) =>
    new Promise((resolve, reject) => {
      const id = ++count
      waiting.set(id, ([, result, error]) =>
        error === undefined ? resolve(result) : reject(FixpointError.fromJSON(error)),
      )
      port.postMessage([id, args])
    })
}
