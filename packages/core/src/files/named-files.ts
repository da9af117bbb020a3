/**
 * Which files are named by something that is stored. Owns: the count of names, by CID, for all rows but those of files themselves.
 * Invariant: once loaded, it equals what a scan of this moment would find, as it sees every record in the turn in which it is
 * applied. A CID in a text counts as a name: what is kept for that is kept for nothing, but nothing is lost.
 * Must not know what rows mean.
 */
import { type Key, rowsRange } from "../codec/key.ts"
import type { Witness } from "../db/witness.ts"
import { isFileKey } from "../db/file-rows.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { LogEntry } from "../lsm/wal.ts"

const cidForm = /bafkrei[a-z2-7]{52}/g

const everything = { from: rowsRange.from, to: "\u0100" }

const namesIn = (line: string | null): readonly string[] =>
  line?.includes("bafkrei") === true ? [...new Set(line.match(cidForm))] : none
const none: readonly string[] = []

/** What rows name, and how often each file is named. */
export class NamedFiles implements Witness {
  readonly #lsm: Lsm
  readonly #byKey = new Map<Key, readonly string[]>()
  readonly #counts = new Map<string, number>()
  #state: "unknown" | "loading" | "known" = "unknown"
  /** What was written while all rows were looked at. */
  readonly #written = new Set<Key>()
  #loading: Promise<void> | undefined

  constructor(lsm: Lsm) {
    this.#lsm = lsm
  }

  get isKnown(): boolean {
    return this.#state === "known"
  }

  has(cid: string): boolean {
    return this.#counts.has(cid)
  }

  /** Looks at all rows, when that is not done yet. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  applied({ entries }: LogEntry): void {
    if (this.#state === "unknown") return
    for (const [key, line] of entries) {
      if (isFileKey(key)) continue
      if (this.#state === "loading") this.#written.add(key)
      this.#set(key, namesIn(line))
    }
  }

  restarted(): void {
    this.#state = "unknown"
    this.#byKey.clear()
    this.#counts.clear()
    this.#written.clear()
  }

  async #load(): Promise<void> {
    while (this.#state !== "known") {
      this.restarted()
      this.#state = "loading"
      for await (const batch of this.#lsm.scan(everything))
        for (const [key, line] of batch) if (!isFileKey(key) && !this.#written.has(key)) this.#set(key, namesIn(line))
      // Rows may have changed meanwhile in ways that no record tells.
      if (this.#isStillLoading()) this.#state = "known"
      this.#written.clear()
    }
  }

  #isStillLoading(): boolean {
    return this.#state === "loading"
  }

  #set(key: Key, names: readonly string[]): void {
    for (const name of this.#byKey.get(key) ?? none) {
      const left = (this.#counts.get(name) ?? 0) - 1
      if (left > 0) this.#counts.set(name, left)
      else this.#counts.delete(name)
    }
    if (names.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, names)
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
