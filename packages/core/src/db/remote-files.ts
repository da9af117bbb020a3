/**
 * The files of one remote, as the protocol asks for them. Owns: what is kept of files there that nothing names.
 * Invariant: a file that any row names, or that a row of files tells of, is not among those. Must not know buckets.
 */
import type { FileSurvey, ForgottenFiles, SessionFiles } from "../sync/session.ts"
import { fileKey, remoteKey } from "./file-rows.ts"
import { filesHere, forgetSent, sendFiles, piecesSent, type UploadParts } from "./file-uploads.ts"

/** The files of a remote. */
export function filesOf(parts: UploadParts, remote: string): SessionFiles {
  const { lsm, writer } = parts
  const key = remoteKey(remote)
  return {
    send: (store) => sendFiles(parts, remote, store),
    forget: (files) => forgetSent(parts, remote, files),
    async survey(): Promise<FileSurvey> {
      const [line] = await lsm.getMany([key])
      const forgotten = line === undefined ? undefined : (JSON.parse(line) as ForgottenFiles)
      return { sent: piecesSent(await filesHere(lsm), remote), forgotten }
    },
    async unnamed(files) {
      const rows = await lsm.getMany(files.map(fileKey))
      const untold = files.filter((_, i) => rows[i] === undefined)
      return untold.length === 0 ? [] : await parts.unnamed(untold, true)
    },
    async keep(note) {
      const line = JSON.stringify({ v: 1, ...note })
      await writer.run({
        durability: "relaxed",
        prepare: async () => ({ result: undefined, record: { entries: [[key, line]] } }),
      })
    },
  }
}
