/** A text's session with the engine, over a lane. Owns: the verbs that core/src/text/text-door.ts understands. */
import type { TextOpened } from "@fixpoint/core"
import { asFixpointError, type FixpointError } from "@fixpoint/core/errors"
import type { Lane } from "../lane.ts"

/** Where a text is. */
export interface Field {
  readonly collection: string
  readonly id: string
  readonly field: string
}

/** What a text gets from the engine unasked. */
export interface TextListener {
  take(update: Uint8Array): void
  flush(): void
  /** The engine was replaced: its sessions are gone. */
  resume(): void
}

/** A session of one text. */
export class FieldSession {
  /** The name of the text among all texts of this origin. */
  readonly room: string
  readonly #lane: Lane
  readonly #field: Field
  readonly #joined: ReturnType<Lane["join"]>
  #listener: TextListener | undefined
  /** Updates that came behind the answer to `open`, before anybody listened. */
  readonly #early: Uint8Array[] = []

  constructor(lane: Lane, field: Field) {
    this.#lane = lane
    this.#field = field
    this.#joined = lane.join({
      told: (body) => this.#told(body as Uint8Array),
      flush: () => this.#listener?.flush(),
      resume: () => this.#listener?.resume(),
    })
    this.room = ["fixpoint-presence", this.#joined.name, field.collection, field.id, field.field].join("\0")
  }

  async open(): Promise<TextOpened> {
    const { collection, id, field } = this.#field
    return (await this.#ask("open", [collection, id, field])) as TextOpened
  }

  /** All there is of the text, as the engine has read it. */
  async state(): Promise<Uint8Array> {
    return (await this.#ask("state", [])) as Uint8Array
  }

  async write(update: Uint8Array): Promise<void> {
    await this.#ask("write", [update])
  }

  async close(): Promise<void> {
    this.#joined.leave()
    await this.#ask("close", [])
  }

  listen(listener: TextListener): void {
    this.#listener = listener
    for (const update of this.#early.splice(0)) listener.take(update)
  }

  report(error: unknown): void {
    this.#lane.report(error)
  }

  explained(error: unknown): FixpointError {
    return this.#joined.explained(asFixpointError(error))
  }

  #told(update: Uint8Array): void {
    if (this.#listener === undefined) this.#early.push(update)
    else this.#listener.take(update)
  }

  async #ask(verb: string, args: readonly unknown[]): Promise<unknown> {
    return await this.#lane.outside("part", ["text", verb, [this.#joined.session, ...args]], {})
  }
}
