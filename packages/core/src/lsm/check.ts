/**
 * Looks at all that is stored, and tells what is wrong. Owns: the report.
 * Invariants: it never writes. One damaged thing does not hide another. What other engines change meanwhile is no
 * finding: a place that looks wrong is looked at again under the newest manifest. Everything is read from the store, and
 * nothing from the cache.
 * `ok` is false only where data is lost or cannot be read: a segment that nobody names is told, but harms nothing.
 */
import type { Code } from "../base/codes.ts"
import { FixpointError } from "../base/errors.ts"
import { isFileSegment } from "./block-key.ts"
import { checkSegment, type SegmentReport } from "./check-segment.ts"
import { attempt, type Finding, findingOf } from "./finding.ts"
import { torn } from "./log-tail.ts"
import type { Manifest } from "./manifest.ts"
import { type LsmParts, readManifest } from "./publish.ts"
import { openRecord } from "./wal.ts"

/** What a check gives. It holds no document's content. */
export interface CheckReport {
  readonly ok: boolean
  readonly deep: boolean
  readonly findings: readonly Finding[]
  readonly segments: number
  readonly blocks: number
  readonly logRecords: number
  readonly rows: number
}

/** Findings that cost no data. */
const harmless: ReadonlySet<Code> = new Set<Code>(["BLOCK_UNREFERENCED"])

/** This many records are read at once. */
const recordsPerRead = 128

/** Checks manifest, log and segments: without `deep` the control blocks, with it every block. */
export async function checkStore(parts: LsmParts, { deep }: { readonly deep: boolean }): Promise<CheckReport> {
  const log = await checkLog(parts)
  const { manifest, findings } = await newestManifest(parts)
  const segments = await checkSegments(parts, manifest, deep)
  const unnamed = await findUnnamed(parts)
  const all = [...findings, ...log.findings, ...segments.findings, ...unnamed]
  return {
    ok: all.every(({ code }) => harmless.has(code)),
    deep,
    findings: all,
    segments: segments.segments,
    blocks: segments.blocks,
    logRecords: log.records,
    rows: segments.rows,
  }
}

/** The stored manifest; where that is damaged, the one in force, so that the rest can be looked at. */
async function newestManifest(parts: LsmParts): Promise<{ manifest: Manifest; findings: Finding[] }> {
  try {
    const manifest = await readManifest(parts)
    return { manifest, findings: areSpansSound(manifest) ? [] : [overlapping] }
  } catch (failure) {
    return { manifest: parts.view.manifest, findings: [findingOf("manifest", failure)] }
  }
}

const overlapping: Finding = {
  code: "MANIFEST_CORRUPT",
  where: "manifest",
  message: new FixpointError("MANIFEST_CORRUPT", "Segments overlap in age.").message,
}

/** Whether the segments' spans of log numbers follow each other, newest first, and end where the manifest says. */
function areSpansSound({ segments, seq }: Manifest): boolean {
  return segments.every(
    ({ first, last }, i) => first <= last && last <= (i === 0 ? seq : (segments[i - 1]?.first ?? 0) - 1),
  )
}

/** Every record, and that none is missing between what segments have and the newest. */
async function checkLog(parts: LsmParts): Promise<{ records: number; findings: Finding[] }> {
  const { store, vault, view } = parts
  const findings: Finding[] = []
  let records = 0
  let last: number | undefined
  for (;;) {
    const page = await store.readLog(last ?? 0, recordsPerRead)
    if (page.length === 0) break
    for (const record of page) {
      const isGap = record.n > (last ?? 0) + 1
      // Records that segments have may be trimmed at any time, by any engine.
      if (isGap && record.n > (await flushedThrough(parts)) + 1) findings.push(gap(record.n, last ?? 0))
      last = record.n
    }
    records += page.length
    await Promise.all(
      page.map((record) => attempt(findings, `log record ${record.n}`, () => openRecord(vault, record))),
    )
  }
  if ((last ?? 0) < Math.max(view.head, view.manifest.seq)) findings.push(gap(last, view.head))
  return { records, findings }
}

const gap = (found: number | undefined, after: number): Finding =>
  findingOf(`log after record ${after}`, torn(found, after))

async function flushedThrough(parts: LsmParts): Promise<number> {
  const { manifest } = await newestManifest(parts)
  return manifest.seq
}

interface SegmentsReport extends SegmentReport {
  readonly segments: number
}

/** Every segment of the manifest, and of those that follow it while this runs. */
async function checkSegments(parts: LsmParts, first: Manifest, isDeep: boolean): Promise<SegmentsReport> {
  const reports = new Map<number, SegmentReport>()
  for (let manifest = first; ; ) {
    for (const segment of manifest.segments) {
      if (reports.has(segment.id)) continue
      const release = parts.pins.hold([segment])
      try {
        reports.set(segment.id, await checkSegment(parts, segment, isDeep))
      } finally {
        release()
      }
    }
    const { manifest: newest } = await newestManifest(parts)
    if (newest.version === manifest.version) return summed(manifest.segments.map(({ id }) => reports.get(id)))
    manifest = newest
  }
}

function summed(reports: readonly (SegmentReport | undefined)[]): SegmentsReport {
  let blocks = 0
  let rows = 0
  const findings: Finding[] = []
  for (const report of reports) {
    blocks += report?.blocks ?? 0
    rows += report?.rows ?? 0
    findings.push(...(report?.findings ?? []))
  }
  return { segments: reports.length, blocks, rows, findings }
}

/** Segments that no manifest names: garbage, or the work of an engine that is under way. */
async function findUnnamed(parts: LsmParts): Promise<Finding[]> {
  const stored = await parts.store.listSegments()
  const { manifest } = await newestManifest(parts)
  const known = new Set([...manifest.segments, ...manifest.retired].map(({ id }) => id))
  return stored
    .filter((id) => !known.has(id) && !isFileSegment(id))
    .map((id) => findingOf(`segment ${id}`, new FixpointError("BLOCK_UNREFERENCED")))
}
