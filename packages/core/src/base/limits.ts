/**
 * Every bound of the engine, with its unit in its name. Owns: the numbers. Sizes in bytes are of UTF-8 text or stored bytes.
 * Invariant: a decoder refuses before it allocates or recurses; a write is refused before anything is stored.
 * Each is a constant of its own, imported as `limits`, so that a bundle holds the few it needs.
 */

export const documentBytesMax = 1024 * 1024
export const depthMax = 32
/** Fields nested deeper than this merge as one value. */
export const registerDepthMax = 8
export const fieldKeyBytesMax = 1024
export const idBytesMax = 512
export const nameBytesMax = 128
export const transactionWritesMax = 100_000

export const blockBytes = 16 * 1024
export const compressedBlockBytes = 32 * 1024
export const storedBlockBytesMax = 8 * 1024 * 1024
export const blocksPerPartition = 256
export const logRecordBytesMax = 256 * 1024 * 1024
export const memtableBytesMax = 4 * 1024 * 1024
/** Blocks of one segment go to the store in commits of about this size; an ordinary flush is one commit. */
export const segmentCommitBytes = 8 * 1024 * 1024
export const cacheBytesMax = 16 * 1024 * 1024
export const levelFan = 8
export const levelMax = 6
export const retiredSegmentMs = 10_000

export const barrierDelayMs = 200
export const barrierDelayMaxMs = 1_000
export const idleChoreMs = 1_500
export const tabPollMs = 2_000
export const storeTimeoutMs = 10_000
export const lockWaitMs = 5_000

export const kdfIterationsMax = 10_000_000
export const kdfIterations = 600_000
