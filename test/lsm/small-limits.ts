/**
 * Limits so small that a few rows reach everything: segments of many partitions, segments that are stored in several
 * commits, scans of many reads, deep levels, records of edits. Used in the place of base/limits.ts.
 */
import { vi } from "vitest"

const actual = await vi.importActual<typeof import("../../packages/core/src/base/limits.ts")>(
  "../../packages/core/src/base/limits.ts",
)

/** See base/limits.ts. */
export const limits = {
  ...actual,
  blockBytes: 64,
  compressedBlockBytes: 128,
  blocksPerPartition: 2,
  memtableBytesMax: 2048,
  segmentCommitBytes: 512,
  editedValueCharsMin: 64,
  cacheBytesMax: 1024,
  levelFan: 3,
  levelMax: 3,
}
