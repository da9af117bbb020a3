/**
 * Writes a segment out of rows in memory and of older segments. Owns: how much of it is in memory at a time, and which
 * blocks go ahead of the commit that names them.
 * Invariant: nothing that is stored here is named by a manifest; whoever does not publish the segment abandons it.
 * Must not know why segments are written.
 */
import { asFixpointError, FixpointError, isFixpointError } from "../base/errors.ts"
import * as limits from "../base/limits.ts"
import type { Key } from "../codec/key.ts"
import type { Rows } from "./block.ts"
import { stillHolds } from "./compaction-plan.ts"
import type { Manifest, SegmentMeta } from "./manifest.ts"
import { mergeRuns } from "./merge.ts"
import { type LsmParts, type Publication, publish, readManifest } from "./publish.ts"
import { Runs } from "./segment-run.ts"
import { type SegmentPlan, SegmentWriter, type StoredBlocks } from "./segment-writer.ts"
import type { Store } from "./store.ts"

/** Rows to be written as one segment. */
export interface SegmentSource {
  readonly plan: SegmentPlan
  /** Rows that are newer than those of the segments. */
  readonly memory: readonly Rows[]
  /** Newest first. */
  readonly segments: readonly SegmentMeta[]
  /** Whether a deletion must be kept, as an older segment may have the row. */
  readonly keepsDeletions: boolean
  /** Ends the work with CLOSED where it is. */
  readonly ending?: AbortSignal
}

/** A segment that no manifest names yet. */
export interface Built {
  readonly id: number
  /** Undefined when no row was left. */
  readonly segment: SegmentMeta | undefined
  /** Blocks that are to be stored together with the manifest. */
  readonly blocks: StoredBlocks
  /** Whether the others are stored already. */
  readonly isStored: boolean
}

/** The order of keys has no end: no byte is greater than this one, and keys are longer. */
const wholeRange = { from: "", to: "\u0100" }

/** This many blocks are sealed at once: enough to keep WebCrypto busy, few in memory and for one turn. */
const blocksPerSeal = 32

/** Few, as up to eight segments are read at once, and other work of the thread waits while their rows are merged. */
const blocksPerReadMax = 8

/** An id that no segment of a manifest has. */
export function freshSegmentId({ host }: LsmParts, { segments, retired }: Manifest): number {
  for (;;) {
    const id = new DataView(host.random(4).buffer).getUint32(0)
    if (![...segments, ...retired].some((segment) => segment.id === id)) return id
  }
}

/** Sealed blocks on their way: kept until there are many, then stored. */
class Outgoing {
  readonly #store: Store
  blocks: StoredBlocks[number][] = []
  isStored = false
  #bytes = 0

  constructor(store: Store) {
    this.#store = store
  }

  async add(blocks: StoredBlocks): Promise<void> {
    for (const block of blocks) {
      this.blocks.push(block)
      this.#bytes += block.bytes.length
    }
    if (this.#bytes < limits.segmentCommitBytes) return
    const ahead = this.blocks
    this.blocks = []
    this.#bytes = 0
    this.isStored = true
    await this.#store.commit({ durability: "relaxed", blocks: ahead })
  }
}

/**
 * Reads all rows of a source, and writes them as a segment. Gives undefined when a segment of the source was removed
 * meanwhile, because another engine had replaced it.
 */
export async function buildSegment(parts: LsmParts, source: SegmentSource): Promise<Built | undefined> {
  const { plan } = source
  const out = new Outgoing(parts.store)
  const release = parts.pins.hold(source.segments)
  try {
    const writer = new SegmentWriter(parts.host, parts.vault, plan)
    await writeRows(parts, source, writer, out)
    if (writer.rows === 0) return { id: plan.id, segment: undefined, blocks: [], isStored: false }
    const { segment, blocks } = await writer.finish()
    return { id: plan.id, segment, blocks: [...out.blocks, ...blocks], isStored: out.isStored }
  } catch (error) {
    await abandonSegment(parts, { id: plan.id, isStored: out.isStored })
    const isMissing = isFixpointError(error, "BLOCK_MISSING")
    if (isMissing && !stillHolds(await readManifest(parts), source.segments)) return undefined
    throw error
  } finally {
    release()
  }
}

async function writeRows(
  { reader, isGarbage }: LsmParts,
  source: SegmentSource,
  writer: SegmentWriter,
  out: Outgoing,
): Promise<void> {
  const { memory, segments, keepsDeletions, ending } = source
  const add = (key: Key, value: string | null): void => {
    if ((value !== null || keepsDeletions) && !isGarbage(key)) writer.add(key, value)
  }
  const runs = new Runs(reader, memory, { range: wholeRange, cacheBytesMax: 0, blocksPerReadMax })
  await runs.open(segments)
  for (;;) {
    await runs.refill()
    if (ending?.aborted === true) throw new FixpointError("CLOSED")
    const isDone = !runs.list.some((run) => run.hasRow())
    if (isDone) writer.end()
    else mergeRuns(runs.list, add)
    while (writer.queued >= (isDone ? 1 : blocksPerSeal)) await out.add(await writer.seal(blocksPerSeal))
    if (isDone) return
  }
}

/** Publishes a built segment, or removes its blocks. Gives whether it was published. */
export async function publishBuilt(
  parts: LsmParts,
  built: Built,
  next: (base: Manifest) => Publication | undefined,
): Promise<boolean> {
  try {
    const isPublished = await publish(parts, next)
    if (!isPublished) await abandonSegment(parts, built)
    return isPublished
  } catch (error) {
    // A full disk is a certain answer: nothing was stored. After any other failure the commit may still come to pass, and
    // name these blocks: they are left to the sweep, which goes by compare-and-swap.
    if (asFixpointError(error).kind === "quota") await abandonSegment(parts, built)
    throw error
  }
}

/** Removes the blocks of a segment that no commit under way can name. */
async function abandonSegment(
  { store, log }: LsmParts,
  { id, isStored }: Pick<Built, "id" | "isStored">,
): Promise<void> {
  if (!isStored) return
  try {
    await store.commit({ durability: "relaxed", dropSegments: [id] })
  } catch (error) {
    // It is garbage that the next sweep finds; what made the segment useless is what the caller has to hear.
    log.debug("abandoned blocks stay for the sweep", { code: asFixpointError(error).code })
  }
}
