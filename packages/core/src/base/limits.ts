/**
 * Every bound of the engine, with its unit in its name. Owns: the numbers.
 * Invariant: a decoder refuses before it allocates or recurses; a write is refused before anything is stored.
 */

/** The limits in force. Sizes in bytes are of UTF-8 text or stored bytes. */
export const limits = {
  documentBytesMax: 1024 * 1024,
  depthMax: 32,
  /** Fields nested deeper than this merge as one value. */
  registerDepthMax: 8,
  fieldKeyBytesMax: 1024,
  idBytesMax: 512,
  nameBytesMax: 128,
  transactionWritesMax: 100_000,
  transactionRetriesMax: 16,

  blockBytes: 16 * 1024,
  compressedBlockBytes: 32 * 1024,
  storedBlockBytesMax: 8 * 1024 * 1024,
  blocksPerPartition: 256,
  logRecordBytesMax: 256 * 1024 * 1024,
  memtableBytesMax: 4 * 1024 * 1024,
  /** Blocks of one segment go to the store in commits of about this size; an ordinary flush is one commit. */
  segmentCommitBytes: 8 * 1024 * 1024,
  cacheBytesMax: 16 * 1024 * 1024,
  levelFan: 8,
  levelMax: 6,
  retiredSegmentMs: 10_000,

  barrierDelayMs: 200,
  barrierDelayMaxMs: 1_000,
  idleChoreMs: 1_500,
  tabPollMs: 2_000,
  storeTimeoutMs: 10_000,
  lockWaitMs: 5_000,

  kdfIterationsMax: 10_000_000,
  kdfIterations: 600_000,
} as const
