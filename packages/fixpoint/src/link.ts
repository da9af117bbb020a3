/** The seam between a database's page side and what runs its engine. Owns: what passes beside the batches. */
import type { FixpointError } from "@fixpoint/core/errors"
import type { Send } from "./client.ts"
import type { Answer, AskPassphrase, LogChoice, OpenRequest } from "./protocol.ts"

/** What an engine's keeper tells the page side. */
export interface LinkListener {
  /** There is an engine, at first or again; batches go to it. */
  up(send: Send): void
  receive(answers: readonly Answer[]): void
  /** The engine is gone. Gives whether another one may take its place. */
  down(error: FixpointError): boolean
  /** There will be no engine. */
  fail(error: FixpointError): void
}

/** A running engine, or one that is being started. */
export interface Link {
  /** Puts other log settings in force. */
  configure(log: LogChoice): void
  /** Ends what runs the engine; it has been closed before. */
  end(): void
}

/** How an engine is asked for. */
export interface LinkRequest {
  readonly open: OpenRequest
  readonly ask: AskPassphrase | undefined
}

/** Starts an engine. Gives a link at once; failures come to the listener. */
export type Connect = (request: LinkRequest, listener: LinkListener) => Link
