/**
 * The parts of the engine that are asked by name: files, history, texts, undo. Owns: the door of each, and what happens while it is
 * loaded.
 * Invariant: questions and commits reach a part in the order in which they came, also those that came while it was loaded.
 * A door checks what it is asked: the boundary is not trusted to be typed. Must not know what parts do.
 */
import type { CollectionSpec } from "../api/collection-spec.ts"
import type { PartName } from "../api/engine.ts"
import type { EngineEvent } from "../api/engine-event.ts"
import { asFixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import type { Logger } from "../base/log.ts"
import type { Loader } from "../base/on-demand.ts"
import type { Hlc } from "../clock/hlc.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { Ledger } from "./ledger.ts"
import type { Queries } from "./reading.ts"
import { type Looked, watchTexts } from "./text-watch.ts"
import type { Witness } from "./witness.ts"
import type { Writer } from "./writer.ts"

/** What a part works with. */
export interface PartContext {
  readonly host: Host
  readonly lsm: Lsm
  readonly ledger: Ledger
  readonly writer: Writer
  readonly specs: ReadonlyMap<string, CollectionSpec>
  readonly log: Logger
  readonly queries: Loader<Queries>
  /** A chunk of a file as a bucket has it, or its root; undefined where no bucket is attached, or none has it. */
  fetchFile(file: string, chunk?: number): Promise<Uint8Array | undefined>
  /** The clock up to which what was over in a collection is kept no more. */
  horizon(collection: string): Hlc
  tell(event: EngineEvent): void
  /** Makes one again of texts and what their documents show, where a part has changed the latter. */
  look(documents: readonly Looked[]): void
}

/** A part that is there. */
export interface Door extends Witness {
  call(verb: string, args: readonly unknown[]): Promise<unknown>
  /** The engine ends. */
  close?(): void
}

/** An entry of @fixpoint/core that is asked by name. */
export interface DoorEntry {
  readonly open: (context: PartContext) => Door
}

/** A part on its way, and what happens meanwhile, in its order. */
interface Coming {
  readonly door: Promise<Door>
  readonly meanwhile: ((door: Door) => void)[]
}

/** The doors of one engine. */
export class Doors {
  readonly #context: PartContext
  readonly #loaders: Readonly<Record<PartName, Loader<DoorEntry>>>
  readonly #doors = new Map<PartName, Door>()
  readonly #coming = new Map<PartName, Coming>()

  constructor(context: Omit<PartContext, "look">, loaders: Readonly<Record<PartName, Loader<DoorEntry>>>) {
    const { writer, specs, log } = context
    const look = (documents: readonly Looked[]): void => {
      this.call("text", "look", [documents]).catch((error: unknown) =>
        log.warn("texts were not looked at", { code: asFixpointError(error).code }),
      )
    }
    this.#context = { ...context, look }
    this.#loaders = loaders
    writer.witnesses.add(watchTexts(specs, look))
  }

  /** Asks a part. */
  async call(name: PartName, verb: string, args: readonly unknown[]): Promise<unknown> {
    const door = this.#doors.get(name)
    if (door !== undefined) return await door.call(verb, args)
    let coming = this.#coming.get(name)
    if (coming === undefined) this.#coming.set(name, (coming = this.#open(name)))
    const { meanwhile } = coming
    const asked = new Promise((resolve) => meanwhile.push((opened) => resolve(opened.call(verb, args))))
    await coming.door
    return await asked
  }

  /** The engine ends. */
  close(): void {
    for (const door of this.#doors.values()) door.close?.()
  }

  #open(name: PartName): Coming {
    const meanwhile: Coming["meanwhile"] = []
    return { door: this.#load(name, meanwhile), meanwhile }
  }

  async #load(name: PartName, meanwhile: Coming["meanwhile"]): Promise<Door> {
    const witness: Witness = {
      committed: (commits) => void meanwhile.push((door) => door.committed?.(commits)),
      typed: (typing) => void meanwhile.push((door) => door.typed?.(typing)),
      // Nobody knows yet.
      mayName: () => true,
    }
    const { witnesses } = this.#context.writer
    witnesses.add(witness)
    try {
      const door = (await this.#loaders[name]()).open(this.#context)
      witnesses.add(door)
      this.#doors.set(name, door)
      for (const happened of meanwhile) happened(door)
      return door
    } finally {
      witnesses.delete(witness)
      this.#coming.delete(name)
    }
  }
}
