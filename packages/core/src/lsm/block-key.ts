/**
 * The name of a block as one number, in the order of segments and indexes. Owns: the layout, which the stores keep.
 * Invariant: segment < 2^33 and index < 2^20, so that the number is exact. Must not know what a block holds.
 */

/** How many indexes a segment can have. */
export const indexCount: number = 2 ** 20

/** One number for the name of a block. */
export const blockKey = (segment: number, index: number): number => segment * indexCount + index

/** The segment in a block's number. */
export const segmentOf = (key: number): number => Math.floor(key / indexCount)

/** Segments from this number on are files, which rows name and no manifest. */
export const fileSegmentBase: number = 2 ** 32

/** Whether a segment holds the chunks of a file. */
export const isFileSegment = (segment: number): boolean => segment >= fileSegmentBase
