/**
 * Every bound of the engine, with its unit in its name. Owns: the numbers. Sizes in bytes are of UTF-8 text or stored bytes.
 * Invariant: a decoder refuses before it allocates or recurses; a write is refused before anything is stored.
 * Each is a constant of its own, imported as `limits`, so that a bundle holds the few it needs.
 */

/** The stored text of a document. */
export const documentBytesMax = 1024 * 1024
/** Containers within each other, the document included. */
export const depthMax = 32
/** Fields nested deeper than this merge as one value. */
export const registerDepthMax = 8
/** The name of a field. */
export const fieldKeyBytesMax = 1024
/** Writes at once of which a field that keeps siblings shows the values. */
export const siblingsShownMax = 4
/** The id of a document. */
export const idBytesMax = 512
/** The name of a database or a collection. */
export const nameBytesMax = 128
/** What an index keeps of the key of one value; values that agree so far are told apart by their documents. */
export const indexPartBytesMax = 256
/** A step of the build of an index is about so many documents, or so many characters of them. */
export const buildRowsMax = 1_000
/** See above. */
export const buildCharsMax = 1024 * 1024
/** A query that reads all of a collection is warned of from so many documents on. */
export const scanWarnRows = 50_000
/** Writes of one commit. */
export const transactionWritesMax = 100_000

/** A raw block is cut at this size. */
export const blockBytes = 16 * 1024
/** A compressed block is cut at this size, before it is compressed. */
export const compressedBlockBytes = 32 * 1024
/** A block inflates to no more than this. */
export const storedBlockBytesMax = 8 * 1024 * 1024
/** Blocks that share an index and a filter. Part of the format. */
export const blocksPerPartition = 256
/** A log record before it is sealed. */
export const logRecordBytesMax = 256 * 1024 * 1024
/** Values of fewer characters are stored whole in the log. */
export const editedValueCharsMin = 1024
/** A record of more entries than this has all its values whole. */
export const editedEntriesMax = 16
/** A memtable of this size is flushed; commits wait at twice of it. */
export const memtableBytesMax = 4 * 1024 * 1024
/** Blocks of one segment go to the store in commits of about this size; an ordinary flush is one commit. */
export const segmentCommitBytes = 8 * 1024 * 1024
/** Opened blocks kept in memory. */
export const cacheBytesMax = 16 * 1024 * 1024
/** A page reads a collection ahead in messages of about so many characters. */
export const readAheadChars = 256 * 1024
/** A collection of more documents is not read ahead. */
export const readAheadDocumentsMax = 65_536
/** So many segments of one level are merged. */
export const levelFan = 8
/** Segments of this level stay on it when they are merged. */
export const levelMax = 6
/** Replaced segments stay for readers that began before. */
export const retiredSegmentMs = 10_000

/** From the last relaxed commit to its barrier. */
export const barrierDelayMs = 200
/** From the first relaxed commit to its barrier. */
export const barrierDelayMaxMs = 1_000
/** A database without commits for so long is settled. */
export const idleChoreMs = 1_500
/** From a commit to the hint that other tabs get. */
export const hintDelayMs = 5
/** From the opening to the look at what other tabs wrote before they could give a hint: soon, but behind the first read. */
export const firstLookMs = 100
/** Between two looks at what other tabs wrote. */
export const tabPollMs = 2_000
/** A call of the platform's storage that has not answered by then has failed. */
export const storeTimeoutMs = 10_000
/** From the opening of a database to what its store does before a first write, unless a write comes first. */
export const expectWriteDelayMs = 200

/** More rounds than this in a record of keys are an attack. */
export const kdfIterationsMax = 10_000_000
/** Rounds of PBKDF2 for a new slot, and the least that is accepted. */
export const kdfIterations = 600_000

/** The key of an object in a bucket, without the prefix that a gateway adds. */
export const objectKeyBytesMax = 512
/** An object of a bucket; a gateway refuses larger ones, and stops reading an answer here. */
export const objectBytesMax = 32 * 1024 * 1024
/** Keys of one page of a list. */
export const listKeysMax = 1000

/** Rows of a pack before they are compressed; what was written beyond goes into further packs. A commit is never cut. */
export const packCharsMax = 4 * 1024 * 1024
/** Packs as they are stored that are taken in at a time, but for one of each actor. */
export const intakeBytesMax = 4 * 1024 * 1024
/** Rows of a pack before they are compressed, one block. */
export const packBlockBytes = 64 * 1024
/** A block of a pack inflates to no more than this: one row can be larger than a block. */
export const packBlockBytesMax = 4 * 1024 * 1024
/** The header of a pack, sealed. */
export const packHeaderBytesMax = 4 * 1024 * 1024
/** A part of a run or a base, before it is compressed. */
export const basePartBytes = 1024 * 1024
/** So many objects are asked for while the ones before them are worked on, */
export const fetchAheadMax = 4
/** and no more than so many bytes of them, but for one object of any size. */
export const fetchAheadBytes = 4 * 1024 * 1024
/** A write dated further ahead than this waits for its time. */
export const clockAheadMsMax = 24 * 60 * 60 * 1000
/** So many packs of single devices are merged into a run. */
export const loosePacksMax = 128
/** So many bytes of them are not left to new devices as packs, which are read whole. */
export const loosePackBytesMax = 4 * 1024 * 1024
/** So many runs are merged into a base. */
export const runsMax = 8
/** Packs that a doorbell names. */
export const doorbellPacksMax = 16
/** A pack that others have seen and that cannot be found for so long is told. */
export const gapToleranceMs = 10 * 60 * 1000
/** Between two lists of a bucket, when hints are all that was followed. */
export const listIntervalMs = 10 * 60 * 1000
/**
 * What is replaced in a bucket stays there for so long after what replaces it was first seen: twice as long as any device that
 * publishes, or reads by hints, goes without a list.
 */
export const packRetentionMs = 2 * listIntervalMs
/** Steps that one undo stack remembers. */
export const undoStepsMax = 1000
/** Characters of rows before and after, for all its steps together. */
export const undoCharsMax = 8 * 1024 * 1024

/** One update of a text. */
export const textUpdateBytesMax = 4 * 1024 * 1024
/** Parts of one update of a text: run-length codes let a few bytes claim endless ones. */
export const textStructsMax = 1_000_000
/** From handing a text on to loading what reads it here, unless it is written in before. */
export const textReadDelayMs = 300
/** A chunk of a text above this many characters is full. */
export const textChunkChars = 8192
/** The newest chunk of a text takes what is typed until it has this many characters. */
export const textTailChars = 512

/** A chunk of a file; the last one is what is left. Stored with the file, so that it may change. */
export const fileChunkBytes = 1024 * 1024
/** Chunks of one file. */
export const fileChunksMax = 65_536
/** A file. */
export const fileBytesMax = 64 * 1024 * 1024 * 1024
/** The name of a file, or its type. */
export const fileNameBytesMax = 1024
/** Chunks go to the store in commits of so many. */
export const fileChunksPerCommit = 4
/** A file that nothing names any more stays for so long, for whoever takes that back. */
export const fileRetentionMs = 60 * 60 * 1000
/** Between two looks at the files of a bucket: what it has lost of them comes back, and what nothing names goes. */
export const fileLookIntervalMs = 24 * 60 * 60 * 1000
/** From a look that failed to the next one. */
export const fileLookRetryMs = 60 * 60 * 1000
/**
 * What nothing names any more stays in a bucket for so long: longer than a past of 30 days that another device may have of it, and
 * than most who put the same content again are away.
 */
export const bucketFileRetentionMs = 45 * 24 * 60 * 60 * 1000
/** Files of a bucket that are remembered as named by nothing; those beyond wait for a later look. */
export const forgottenFilesMax = 10_000
/** What a tab of which nothing is known has begun is left alone for so long. */
export const fileDraftMs = 60 * 60 * 1000

/** From a local commit to its way to a bucket: what follows within goes with it. */
export const pushDelayMs = 100
/** Between two looks at a bucket while somebody works, here or elsewhere. */
export const pollActiveMs = 4_000
/** Between two looks when nothing has happened for `activeMs`. */
export const pollIdleMs = 30_000
/** Between two looks while nobody looks at the application. */
export const pollHiddenMs = 5 * 60_000
/** So long after the last change somebody counts as working. */
export const activeMs = 60_000
/** More requests within an hour than this make the looks rarer. */
export const requestsPerHourMax = 3_000
/** Bound of the first wait after a failure; it doubles with each further one. */
export const syncRetryMs = 1_000
/** Bound of every wait after a failure. */
export const syncRetryMaxMs = 5 * 60_000
/** A tab that is to sync and does not is stood in for by another one after so long. */
export const standInMs = 5_000
/** After so many rounds with changes it is seen whether the bucket should be compacted. */
export const roundsPerMaintenance = 16

/** What documents were is kept for so long, where it is not kept for ever. */
export const historyKeepMs = 30 * 24 * 3600 * 1000
/** A state of a text that stood for less time than this is not kept as history. */
export const historyTextMs = 5 * 60_000
/** Steps of a document's history that are given at a time. */
export const historyStepsMax = 1000
/** Losers of concurrent writes that are kept for one document; the oldest go. */
export const conflictsPerDocumentMax = 16
/** Characters of them, but for the newest. */
export const conflictCharsMax = 2 * 1024 * 1024
/** Values that several documents have of a unique index: so many are told at a time, and so many documents of each. */
export const duplicatesMax = 1000
/** What gave way of one document, as a run or a base tells of it, in characters. */
export const conflictToldCharsMax = 256 * 1024
/** They are kept for so long after they were found. */
export const conflictKeepMs = 30 * 24 * 3600 * 1000
/** Between two looks for those that are kept no more. */
export const conflictSweepMs = 24 * 3600 * 1000
