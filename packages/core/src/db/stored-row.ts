/**
 * A row as the LSM keeps it. Owns: the line "<n in base 36>\t<row text>", where n is the number of the log record that
 * wrote it and the row text is the document's (crdt/row.ts). Invariant: n never decreases for one key, so that the change
 * feed of this device is a filter on n. Must not know what a row text means.
 */

/** The line of a row written by log record `n`. */
export const formatStoredRow = (n: number, row: string): string => `${n.toString(36)}\t${row}`

/** The row text of a line; undefined where there is none. */
export function rowOf(line: string): string
export function rowOf(line: string | undefined): string | undefined
export function rowOf(line: string | undefined): string | undefined {
  return line?.slice(line.indexOf("\t") + 1)
}

/** The number of the log record that wrote a line. */
export const numberOf = (line: string): number => Number.parseInt(line, 36)
