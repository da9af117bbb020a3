/**
 * What users of simulated engines do: they write, look, and wait for a remote to have what they wrote. Owns: the documents that
 * they share, and what of it is noted. Invariant: no call is waited for. Must not know what goes wrong.
 */
import type { Json, WriteOp } from "@fixpoint/core"
import { asFixpointError } from "@fixpoint/core/errors"
import { type Dice, pick } from "../dice.ts"
import { canary, checkProgress, checkSight, readSight } from "./engine-checks.ts"
import type { SimulatedBucket } from "./simulated-bucket.ts"
import type { EngineTab, SimulatedEngineDevice } from "./simulated-device.ts"
import type { Token, TokenBook } from "./token-book.ts"
import { attach, letGo } from "./attachments.ts"
import { typeWord } from "./typists.ts"

/** What users have to do with. */
export interface UsersParts {
  readonly dice: Dice
  readonly tokens: TokenBook
  readonly bucket: SimulatedBucket
  count(what: string): void
  /** Takes a call that nobody waits for. */
  background(work: Promise<unknown>): void
}

const ids = ["a", "b", "c"]

/** All users of a simulation. */
export class Users {
  readonly #parts: UsersParts
  #values = 0
  #pages = 0

  constructor(parts: UsersParts) {
    this.#parts = parts
  }

  /** One token. */
  writeToken(device: SimulatedEngineDevice, one: EngineTab): void {
    const token = this.#parts.tokens.issue(device.name, one)
    const isStrict = this.#parts.dice.below(4) === 0
    const ops: WriteOp[] = [
      { op: "increment", collection: "docs", id: "book", path: "n", by: 1 },
      { op: "add", collection: "docs", id: "names", path: "tags", element: token.name },
    ]
    this.#parts.count("token")
    this.#parts.background(this.#tellOf(token, one, one.engine.write(ops, isStrict ? "strict" : "relaxed"), isStrict))
  }

  /** One mark, in a document that is there or in one of its own; it may be a file. */
  mark(device: SimulatedEngineDevice, one: EngineTab, isFile: boolean): void {
    const { tokens, dice } = this.#parts
    const token = tokens.issue(device.name, one, "mark")
    this.#parts.count(isFile ? "file" : "mark")
    const known = pick<string | undefined>(dice, tokens.pages)
    const isOwn = known === undefined || dice.below(3) === 0
    const id = isOwn ? `page${tokens.pages.length}` : known
    if (isOwn) tokens.pages.push(id)
    const at = { collection: "docs", id } as const
    const write = (value: Json): Promise<unknown> => {
      const op: WriteOp = isOwn
        ? { op: "insert", ...at, text: JSON.stringify({ [token.name]: value }) }
        : { op: "patch", ...at, entries: [[token.name, value]] }
      return one.engine.write([op], "relaxed")
    }
    const attachment = { content: dice.below(100), name: token.name, session: ++this.#pages }
    const written = isFile ? attach(one.engine, attachment, (value) => write(value as unknown as Json)) : write(1)
    this.#parts.background(this.#tellOf(token, one, written, false))
  }

  /** A file in any document, whose place something else may take. */
  lend(one: EngineTab): void {
    const { dice } = this.#parts
    const at = { collection: "docs", id: pick(dice, ids) } as const
    const path = pick(dice, ["x", "y"])
    this.#parts.count("lent file")
    const attachment = { content: dice.below(100), name: path, session: ++this.#pages }
    const write = (value: object): Promise<unknown> =>
      one.engine.write([{ op: "put", ...at, text: JSON.stringify({ [path]: value }) }], "relaxed")
    this.#parts.background(attach(one.engine, attachment, write))
  }

  /** What nothing names goes from the disk. */
  letGo(one: EngineTab): void {
    this.#parts.background(letGo(one.engine))
  }

  /** One word. */
  type(device: SimulatedEngineDevice, one: EngineTab): void {
    const token = this.#parts.tokens.issue(device.name, one, "word")
    this.#parts.count("word")
    const typing = { word: token.name, place: this.#parts.dice.below(100), session: ++this.#pages }
    this.#parts.background(this.#tellOf(token, one, typeWord(one.engine, typing), false))
  }

  /** Waits for what a user is told of a token. */
  async #tellOf(token: Token, one: EngineTab, write: Promise<unknown>, isStrict: boolean): Promise<void> {
    const told = (state: Token["state"]): void => {
      if (one.tab.isEnded || token.state !== "asked") return
      token.state = state
      token.isSure = isStrict && state === "must"
    }
    try {
      await write
      told("must")
    } catch (error) {
      // What is not there cannot be added to; any other failure may come after the effect.
      told(asFixpointError(error).code === "NOT_FOUND" ? "not" : "may")
      throw error
    }
  }

  /** Any write to any document. */
  write(one: EngineTab): void {
    const id = pick(this.#parts.dice, ids)
    const value = `${canary} ${this.#values++}`
    const at = { collection: "docs", id } as const
    const path = pick(this.#parts.dice, ["x", "y"])
    const all: readonly WriteOp[] = [
      { op: "put", ...at, text: JSON.stringify({ [path]: value }) },
      { op: "insert", ...at, text: JSON.stringify({ [path]: value, tags: [value] }) },
      { op: "patch", ...at, entries: [[path, value]] },
      { op: "patch", ...at, entries: [[path, value]] },
      { op: "patch", ...at, entries: [[path, undefined]] },
      { op: "increment", ...at, path: "n", by: this.#parts.dice.below(5) - 2 },
      { op: "add", ...at, path: "tags", element: value },
      { op: "patch", ...at, entries: [["both", [value]]] },
      { op: "patch", ...at, entries: [["both", [value]]] },
      { op: "delete", ...at },
    ]
    this.#parts.count("write")
    const ops = [pick(this.#parts.dice, all)]
    this.#parts.background(one.engine.write(ops, this.#parts.dice.below(4) === 0 ? "strict" : "relaxed"))
  }

  /** A write that brings fields of a document, or takes one of them or all of it away. */
  change(one: EngineTab): void {
    const { dice } = this.#parts
    const at = { collection: "docs", id: pick(dice, ids) } as const
    const text = JSON.stringify({ x: `${canary} ${this.#values++}`, y: this.#values })
    const all: readonly WriteOp[] = [
      { op: "put", ...at, text },
      { op: "insert", ...at, text },
      { op: "patch", ...at, entries: [["x", undefined]] },
      { op: "patch", ...at, entries: [["y", undefined]] },
      { op: "patch", ...at, entries: [["y", this.#values]] },
      { op: "delete", ...at },
    ]
    this.#parts.count("change")
    this.#parts.background(one.engine.write([pick(dice, all)], "relaxed"))
  }

  /** A read, and what must hold of it. */
  look(device: SimulatedEngineDevice, one: EngineTab): void {
    this.#parts.count("look")
    const own = this.#parts.tokens.all.filter(({ by, state }) => by === one && state === "must")
    const look = async (): Promise<void> => {
      const sight = await readSight(one, this.#parts.tokens)
      if (!one.tab.isEnded && sight !== undefined) checkSight(this.#parts.tokens, sight, own)
      const self = one.engine.status().device
      if (self !== undefined) device.selves.add(self)
      const { versions } = await (await one.engine.sync()).digest()
      if (!one.tab.isEnded) checkProgress(this.#parts, device, versions)
    }
    this.#parts.background(look())
  }

  /** Waits for a remote to have what was written so far; what it then has is safe. */
  awaitSynced(device: SimulatedEngineDevice, one: EngineTab): void {
    const told = this.#parts.tokens.of(device.name).filter(({ state }) => state === "must")
    const wait = async (): Promise<void> => {
      await (await one.engine.sync()).synced(undefined)
      if (one.tab.isEnded) return
      this.#parts.count("synced")
      for (const token of told) if (token.state === "must") token.isSynced = true
    }
    this.#parts.background(wait())
  }
}
