/**
 * Looks at the files that are stored, and tells what is wrong with them. Owns: which pieces of a file must be here, and be what
 * they were.
 * Invariant: it never writes, and holds one chunk at a time. What another engine collects meanwhile is no finding. A file that
 * another device has put has those pieces here that were asked for: of them it is told what is wrong, of others nothing.
 */
import { equalBytes, fromBase64 } from "../base/bytes.ts"
import { FixpointError } from "../base/errors.ts"
import { cidOf, digestOf } from "../codec/cid.ts"
import { createFileCipher, decodeFileIndex, digestAt, type FileIndex, indexPlace } from "../crypto/file-cipher.ts"
import { attempt, type Finding } from "../lsm/finding.ts"
import type { Lsm } from "../lsm/lsm.ts"
import type { LsmParts } from "../lsm/publish.ts"
import { footerIndex } from "../lsm/segment-format.ts"
import { fileKey, filesRange, type FileRow, parseFile, readFileKey } from "./file-rows.ts"

/** What is wrong with files; with `deep`, every chunk is read, and without it the first piece of each file. */
export async function checkFiles(lsm: Lsm, { deep }: { readonly deep: boolean }): Promise<Finding[]> {
  const files: (readonly [cid: string, row: FileRow])[] = []
  for await (const batch of lsm.scan(filesRange))
    for (const [key, line] of batch) {
      const { kind, name } = readFileKey(key)
      if (kind === "file") files.push([name, parseFile(line)])
    }
  const findings: Finding[] = []
  for (const [cid, row] of files) {
    const found = await lsm.lend((parts) => checkFile(parts, cid, row, deep))
    const [line] = found.length === 0 ? [] : await lsm.getMany([fileKey(cid)])
    if (line !== undefined) findings.push(...found)
  }
  return findings
}

async function checkFile(parts: LsmParts, cid: string, row: FileRow, isDeep: boolean): Promise<Finding[]> {
  const { crypto } = parts.host
  const findings: Finding[] = []
  const piece = async (index: number, isRight: (bytes: Uint8Array) => Promise<boolean>) => {
    const [bytes] = await parts.store.readBlocks([{ segment: row.segment, index }])
    const code = bytes === undefined ? "FILE_MISSING" : (await isRight(bytes)) ? undefined : "FILE_CORRUPT"
    if (code === undefined) return bytes
    const where = `file ${cid}, ${index === footerIndex ? "index" : `chunk ${index}`}`
    const isDue = code === "FILE_CORRUPT" || row.isHere
    if (isDue) findings.push({ code, where, message: new FixpointError(code).message })
    return undefined
  }
  const isRoot = async (bytes: Uint8Array) => (await cidOf(crypto, bytes, "raw")) === cid
  if (row.chunks === 1) {
    await piece(0, isRoot)
    return findings
  }
  const stored = await piece(footerIndex, isRoot)
  if (stored === undefined || !isDeep) return findings
  const index = await attempt(findings, `file ${cid}, index`, async (): Promise<FileIndex> => {
    const cipher = await createFileCipher(crypto, fromBase64(row.key))
    return decodeFileIndex(await cipher.open(indexPlace, stored), row)
  })
  for (let chunk = 0; index !== undefined && chunk < row.chunks; chunk++)
    await piece(chunk, async (bytes) => equalBytes(await digestOf(crypto, bytes), digestAt(index, chunk)))
  return findings
}
