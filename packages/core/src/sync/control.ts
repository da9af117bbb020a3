/**
 * The control log: one order of what concerns everybody. Owns: reading it to its end, adding to it, and what it says.
 * Invariant: entries are a hash chain, each under its number, created only where there is none; of two seals of one actor the
 * first counts. What was read once never changes: another beginning is another database (REMOTE_LOST).
 * Must not know packs.
 */
import { type Bytes, equalBytes, fromBase64, toBase64 } from "../base/bytes.ts"
import { FixpointError, isFixpointError } from "../base/errors.ts"
import type { ActorId } from "../clock/stamp.ts"
import type { Bucket } from "./bucket.ts"
import { controlName } from "./names.ts"
import { type ControlEntry, noHash, type ReadControl } from "./objects.ts"
import type { Head, Incarnation } from "./replica.ts"

/** What the entries say together. */
export interface Control {
  readonly fenced: ReadonlySet<ActorId>
  /** The last head that counts, by actor; null when nothing does. */
  readonly seals: ReadonlyMap<ActorId, Head | null>
}

/** An entry to add: its place in the chain is the log's matter. */
export type NewEntry = ControlEntry extends infer Entry
  ? Entry extends ControlEntry
    ? Omit<Entry, "previous" | "by">
    : never
  : never

/** The control log of a space, as far as it was read. */
export class ControlLog {
  readonly #bucket: Bucket
  readonly #entries: Uint8Array[] = []
  readonly #fenced = new Set<ActorId>()
  readonly #seals = new Map<ActorId, Head | null>()
  #hash = noHash

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  /** Entries read. */
  get count(): number {
    return this.#entries.length
  }

  /** Stored bytes of the entries, for the note. */
  get stored(): readonly string[] {
    return this.#entries.map(toBase64)
  }

  /** What they say. */
  get says(): Control {
    return { fenced: new Set(this.#fenced), seals: new Map(this.#seals) }
  }

  /** Forgets all that was read: what comes next is another log. */
  forget(): void {
    this.#entries.length = 0
    this.#fenced.clear()
    this.#seals.clear()
    this.#hash = noHash
  }

  /** Takes up what an earlier session has read. */
  async resume(stored: readonly string[]): Promise<void> {
    for (const [n, text] of stored.entries()) if (n === this.count) await this.#add(n, fromBase64(text))
  }

  /** Reads to the end. Costs one request when there is nothing new. */
  async read(): Promise<Control> {
    for (;;) {
      const n = this.count
      const bytes = await this.#bucket.get(controlName(n))
      if (bytes === undefined) return this.says
      await this.#add(n, bytes)
    }
  }

  /** Adds an entry at the end, wherever that has come to be meanwhile; `isMoot` tells whether it is not needed any more. */
  async append(entry: NewEntry, by: Incarnation, isMoot: (control: Control) => boolean): Promise<void> {
    while (!isMoot(await this.read())) {
      const name = controlName(this.count)
      await this.look()
      const whole = { ...entry, previous: this.#hash, by: by.actor } as ControlEntry
      const bytes = await this.#bucket.codec.sealControl(name, whole, by)
      if ((await this.#bucket.putNew(name, bytes)).kind === "stored") await this.read()
    }
  }

  /**
   * Looks at which entries are there: "lacking" when one that was read is not. REMOTE_GAP when later ones are there and the next is
   * not: it may have ended somebody, and whoever has read it puts it back.
   */
  async look(): Promise<"whole" | "lacking"> {
    const there = await this.#bucket.listControl()
    const next = controlName(this.count)
    // A list may be behind what can be got.
    const isBehind = !there.has(next) && [...there].some((name) => name > next)
    if (isBehind && (await this.#bucket.get(next)) === undefined)
      throw new FixpointError("REMOTE_GAP", undefined, { details: { entry: this.count } })
    return this.#entries.every((_, n) => there.has(controlName(n))) ? "whole" : "lacking"
  }

  /** Deletes the entries behind one that is lost: nobody can read them, and whoever has all of them puts them back. */
  async deleteUnreadable(): Promise<void> {
    await this.read()
    const there = await this.#bucket.listControl()
    const next = controlName(this.count)
    if (!there.has(next)) for (const name of there) if (name > next) await this.#bucket.delete(name)
  }

  /** Puts back what a bucket has lost; REMOTE_LOST when something else is there instead. */
  async restore(): Promise<void> {
    for (const [n, bytes] of this.#entries.entries()) {
      const { kind } = await this.#bucket.putNew(controlName(n), bytes as Bytes)
      if (kind === "exists") await this.verify(n)
    }
  }

  /** Whether the bucket still has the entry that was read. REMOTE_LOST when it has another one. */
  async verify(n: number): Promise<boolean> {
    const found = await this.#bucket.get(controlName(n))
    const known = this.#entries[n]
    if (found === undefined || known === undefined) return false
    if (equalBytes(found, known)) return true
    // What is no entry at all is damaged, there or on its way. Only another entry is another database.
    await this.#opened(n, found)
    throw new FixpointError("REMOTE_LOST")
  }

  /** Control entries have one key, which whoever finds the space has: that of another is damage. */
  async #opened(n: number, bytes: Uint8Array): Promise<ReadControl> {
    const name = controlName(n)
    try {
      return await this.#bucket.codec.openControl(name, bytes)
    } catch (cause) {
      if (!isFixpointError(cause, "KEY_WRONG") && !isFixpointError(cause, "KEY_MISSING")) throw cause
      throw new FixpointError("BLOCK_CORRUPT", undefined, { cause, details: { entry: n } })
    }
  }

  async #add(n: number, bytes: Uint8Array): Promise<void> {
    const { entry, hash } = await this.#opened(n, bytes)
    // Two steps of one machine may read at once.
    if (n !== this.count) return
    if (entry.previous !== this.#hash) throw new FixpointError("REMOTE_LOST", undefined, { details: { entry: n } })
    this.#entries.push(bytes)
    this.#hash = hash
    if (entry.type === "fence") this.#fenced.add(entry.actor)
    if (entry.type === "seal" && !this.#seals.has(entry.actor)) this.#seals.set(entry.actor, entry.head)
    if (entry.type === "rotate") await this.#bucket.codec.addEpoch(entry.epoch, entry.secret)
  }
}
