/**
 * A bucket as the machine sees it: objects of one space, opened. Owns: names below the space, headers read before, and the
 * objects that were found bad.
 * Invariant: what is given is authentic. A bad object is told once, left where it is, and until the next list treated as if it
 * were not there; a failure to reach the bucket is the caller's. Must not know what objects are read for.
 */
import type { Bytes } from "../base/bytes.ts"
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"
import type { Host } from "../base/host.ts"
import { listKeysMax } from "../base/limits.ts"
import type { Gateway, GatewayCapabilities, PutResult } from "./gateway.ts"
import type { PresentGroup } from "./listing.ts"
import { isWhole, type ListedGroup, type ListedPack, type Listing, type NamedObject, readNames } from "./listing.ts"
import { controlPrefix, dataPrefix, fileOfPiece, filesPrefix, groupFolder, headerName, pieceName } from "./names.ts"
import type { ObjectCodec, Pack } from "./objects.ts"

/** What the machine tells of a remote: a finding, by its code. Nothing stops for it. */
export interface Alarm {
  readonly code: Code
  /** Whom it concerns, where it concerns one. */
  readonly actor?: string
}

/** What a bucket is made of. */
export interface BucketParts {
  readonly gateway: Gateway
  readonly codec: ObjectCodec
  readonly clock: Host["clock"]
  tell(alarm: Alarm): void
}

/** The failures that say that an object is bad, not that it could not be had. */
const isBadObject = (error: unknown): error is FixpointError =>
  error instanceof FixpointError && (error.kind === "corrupt" || badCodes.has(error.code))
const badCodes: ReadonlySet<Code> = new Set<Code>([
  "KEY_WRONG",
  "KEY_MISSING",
  "KEY_FORBIDDEN",
  "LIMIT_SIZE",
  "LIMIT_DEPTH",
  "INVALID_DOCUMENT",
  "INVALID_ARGUMENT",
  "FORMAT_TOO_NEW",
])

const lessThan = 0x3c

/** Differences of clocks below this are those of answers under way. */
const skewToleranceMs = 60_000

/** Objects of one space. */
export class Bucket {
  readonly codec: ObjectCodec
  readonly #parts: BucketParts
  readonly #groups = new Map<string, PresentGroup>()
  readonly #bad = new Set<string>()
  readonly #told = new Set<string>()
  #capabilities: GatewayCapabilities | undefined
  #skewMs = 0

  constructor(parts: BucketParts) {
    this.#parts = parts
    this.codec = parts.codec
  }

  /** What the bucket can do. */
  async capabilities(): Promise<GatewayCapabilities> {
    this.#capabilities ??= await this.#parts.gateway.capabilities()
    return this.#capabilities
  }

  /** Wall time, by the bucket's clock where this device's is off. */
  nowMs(): number {
    return this.#parts.clock.now() + this.#skewMs
  }

  tell(alarm: Alarm): void {
    this.#parts.tell(alarm)
  }

  /** The bytes of an object; undefined when there is none. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const result = await this.getTagged(name)
    return result.kind === "found" ? result.body : undefined
  }

  /** An object unless it still has that etag. */
  async getTagged(name: string, ifNoneMatch?: string) {
    const result = await this.#parts.gateway.get(this.#key(name), ifNoneMatch === undefined ? {} : { ifNoneMatch })
    // No object of ours begins so, but the page of a proxy does: it says nothing of the object.
    if (result.kind === "found" && result.body[0] === lessThan) throw new FixpointError("REMOTE_INTERCEPTED")
    if (result.kind === "found" && result.serverTimeMs !== undefined) {
      const skewMs = result.serverTimeMs - this.#parts.clock.now()
      this.#skewMs = Math.abs(skewMs) > skewToleranceMs ? skewMs : 0
    }
    return result
  }

  put(name: string, bytes: Bytes): Promise<PutResult> {
    return this.#parts.gateway.put(this.#key(name), bytes)
  }

  /** Where a bucket cannot keep a second object out, it may refuse to be asked: names are random there, so that none is expected. */
  async putNew(name: string, bytes: Bytes): Promise<PutResult> {
    const { createIfAbsent } = await this.capabilities()
    return await this.#parts.gateway.put(this.#key(name), bytes, createIfAbsent ? { ifAbsent: true } : {})
  }

  delete(name: string): Promise<void> {
    return this.#parts.gateway.delete(this.#key(name))
  }

  /** All names with data. What was bad is looked at again: it may have been damaged on its way. */
  async list(): Promise<Listing> {
    this.#bad.clear()
    return readNames(await this.#names(dataPrefix))
  }

  /** The names of the control entries that are there. */
  async listControl(): Promise<ReadonlySet<string>> {
    return new Set((await this.#names(controlPrefix)).map(({ name }) => name))
  }

  /** The names of the pieces that are there of each file; of one file alone where one is asked for. */
  async listPieces(file?: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const pieces = new Map<string, string[]>()
    for (const { name } of await this.#names(file === undefined ? filesPrefix : pieceName(file))) {
      const of = fileOfPiece(name)
      if (of === undefined) continue
      const names = pieces.get(of)
      if (names === undefined) pieces.set(of, [name])
      else names.push(name)
    }
    return pieces
  }

  /** The runs and bases of a listing that are whole; undefined when one went while it was looked at. */
  async groupsOf({ groups }: Listing): Promise<PresentGroup[] | undefined> {
    const present: PresentGroup[] = []
    for (const listed of groups.filter(({ hasHeader }) => hasHeader)) {
      const read = await this.#group(listed)
      if (read === "gone") return undefined
      if (read !== "bad" && isWhole(read)) present.push(read)
    }
    return present
  }

  /** A pack; undefined when it is gone or bad. */
  async pack({ name, actor, lo }: Omit<ListedPack, "byteCount">): Promise<Pack | undefined> {
    const bytes = this.#bad.has(name) ? undefined : await this.get(name)
    if (bytes === undefined) return undefined
    return this.opened(name, () => this.codec.openPack(name, bytes, { actor, lo }))
  }

  /** What `open` makes of the object; undefined when it is bad. */
  async opened<T>(name: string, open: () => Promise<T>): Promise<T | undefined> {
    try {
      return await open()
    } catch (error) {
      if (!isBadObject(error)) throw error
      this.quarantine(name, error.code)
      return undefined
    }
  }

  /** Whether an object was found bad. */
  isBad(name: string): boolean {
    return this.#bad.has(name)
  }

  /** Treats an object as if it were not there. */
  quarantine(name: string, code: Code): void {
    this.#bad.add(name)
    if (this.#told.has(name)) return
    this.#told.add(name)
    this.tell({ code })
  }

  async #group(listed: ListedGroup): Promise<PresentGroup | "gone" | "bad"> {
    const folder = groupFolder(listed.kind, listed.id)
    const name = headerName(listed.kind, listed.id)
    const known = this.#groups.get(folder)
    if (known !== undefined) return { ...known, listed }
    if (this.#bad.has(name)) return "bad"
    const bytes = await this.get(name)
    if (bytes === undefined) return "gone"
    const group = await this.opened(name, async () => {
      const read = await this.codec.openGroup(name, bytes, listed.kind)
      if (read.maker !== listed.maker) throw new FixpointError("ACTOR_MISMATCH")
      return read
    })
    if (group === undefined) return "bad"
    this.#groups.set(folder, { listed, group })
    return { listed, group }
  }

  async #names(prefix: string): Promise<NamedObject[]> {
    const { length } = this.#key("")
    const names: NamedObject[] = []
    for (let after: string | undefined, isMore = true; isMore; ) {
      const page = await this.#parts.gateway.list(this.#key(prefix), {
        limit: listKeysMax,
        ...(after !== undefined && { after }),
      })
      for (const { key, size } of page.keys) names.push({ name: key.slice(length), size })
      after = page.next
      isMore = after !== undefined
    }
    return names
  }

  #key(name: string): string {
    return `${this.codec.space}/${name}`
  }
}
