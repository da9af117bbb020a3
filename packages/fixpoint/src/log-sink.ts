/** The console as a sink. Owns: which of its methods takes a record. The only file that writes to the console. */
import { formatRecord, type LogFormat, type LogRecordLine } from "@fixpoint/core/log"

/** Prints a record. In Node and its like all of it goes to stderr: stdout is the application's. */
export function print(record: LogRecordLine, format: LogFormat): void {
  const { process } = globalThis as { process?: { stderr?: unknown } }
  // console.trace prints a stack that is of no use here.
  const level = record.level === "trace" ? "debug" : record.level
  console[process?.stderr === undefined ? level : "error"](formatRecord(record, format))
}
