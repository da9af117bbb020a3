/**
 * Results as pictures. Owns: the look of the SVG files.
 * Invariant: axes are logarithmic and say so, smaller is better in all, and what has no figure is named below.
 */
import { subjects } from "../scenarios.ts"
import { browserOf, short, titleOf } from "./figures-text.ts"
import { ranked } from "./goals.ts"
import type { Result, Row } from "./result.ts"

const colours: Readonly<Record<string, string>> = { fixpoint: "#4f46e5", dexie: "#0d9488", idb: "#d97706" }
const other = "#b6bfcc"
const ink = "#1f2937"
const faint = "#6b7280"

const colourOf = (id: string): string => colours[id] ?? other
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

interface Words {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly size?: number
  readonly anchor?: "start" | "middle" | "end"
  readonly colour?: string
  readonly isBold?: boolean
}

const words = ({ x, y, text, size = 12, anchor = "start", colour = ink, isBold = false }: Words): string =>
  `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${isBold ? ' font-weight="600"' : ""}>${escaped(text)}</text>`

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const box = ({ x, y, width, height }: Box, rest: string): string =>
  `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" ${rest}/>`

const stroke = (x: number, from: number, to: number, rest: string): string =>
  `<line x1="${x.toFixed(1)}" y1="${from}" x2="${x.toFixed(1)}" y2="${to}" ${rest}/>`

function picture(width: number, height: number, parts: readonly string[]): string {
  const font = "font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\""
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font}>`
  return [open, box({ x: 0, y: 0, width, height }, 'rx="8" fill="#ffffff"'), ...parts, "</svg>", ""].join("\n")
}

const from = (result: Result): string =>
  `${browserOf(result)}, ${result.date}, load average ${Math.max(...result.loads)} at most`

/** Maps values to places between two ends of a logarithmic axis. */
const logAxis = (least: number, greatest: number, left: number, right: number) => (value: number) =>
  left + ((right - left) * Math.log(value / least)) / Math.log(greatest / least)

/** Every row as ratios to Fixpoint: what is left of the line is better, what is right of it worse. */
export function overview(result: Result, metrics: readonly string[]): string {
  const rows = result.rows.filter(({ id, figures }) => metrics.includes(id) && figures["fixpoint"])
  const [width, left, right, top, step] = [940, 380, 916, 84, 22]
  const bottom = top + rows.length * step
  const [least, greatest] = [1 / 32, 1_024]
  const axis = logAxis(least, greatest, left, right)
  const ticks = [1 / 32, 1 / 8, 1 / 2, 1, 2, 8, 32, 128, 512]
  const parts = [
    words({ x: 24, y: 30, text: "Times as much as Fixpoint", size: 18, isBold: true }),
    words({
      x: 24,
      y: 50,
      text: `Less is better; left of the line is better than Fixpoint. ${from(result)}.`,
      colour: faint,
    }),
    box({ x: left, y: top - 6, width: axis(1) - left, height: bottom - top + 6 }, 'fill="#fdf2f2"'),
    ...ticks.flatMap((tick) => [
      stroke(
        axis(tick),
        top - 6,
        bottom,
        `stroke="${tick === 1 ? colours["fixpoint"] : "#e5e7eb"}" stroke-width="${tick === 1 ? 2 : 1}"`,
      ),
      words({
        x: axis(tick),
        y: top - 12,
        text: tick < 1 ? `1/${1 / tick}` : `${tick}×`,
        size: 11,
        anchor: "middle",
        colour: faint,
      }),
    ]),
  ]
  for (const [at, row] of rows.entries()) {
    const y = top + at * step + step / 2
    const own = row.figures["fixpoint"]?.median ?? 1
    const place = ranked(row).indexOf("fixpoint") + 1
    parts.push(words({ x: left - 44, y: y + 4, text: titleOf(row, result.counts).slice(0, 60), anchor: "end" }))
    parts.push(
      words({
        x: left - 10,
        y: y + 4,
        text: `${place}.`,
        anchor: "end",
        colour: colourOf("fixpoint"),
        isBold: place === 1,
      }),
    )
    for (const id of ranked(row).toSorted((a, b) => (colours[a] ? 1 : 0) - (colours[b] ? 1 : 0))) {
      if (id === "fixpoint") continue
      const ratio = Math.min(greatest, Math.max(least, (row.figures[id]?.median ?? 1) / own))
      const label = result.columns.find((column) => column.id === id)?.label ?? id
      const mark = `<circle cx="${axis(ratio).toFixed(1)}" cy="${y}" r="${colours[id] ? 5 : 4}" fill="${colourOf(id)}" fill-opacity="0.9">`
      parts.push(`${mark}<title>${escaped(label)}</title></circle>`)
    }
  }
  const legend = [
    ["dexie", "Dexie"],
    ["idb", "raw IndexedDB"],
    ["", "each other system"],
    ["fixpoint", "Fixpoint (the line), and its place"],
  ]
  for (const [at, [id = "", label = ""]] of legend.entries()) {
    const x = 24 + at * 150
    parts.push(`<circle cx="${x + 5}" cy="${bottom + 24}" r="5" fill="${colourOf(id)}"/>`)
    parts.push(words({ x: x + 16, y: bottom + 28, text: label, colour: faint }))
  }
  return picture(width, bottom + 48, parts)
}

const panelWidth = 470
const panelStep = 18

const panelHeight = (row: Row): number => 58 + Object.keys(row.figures).length * panelStep

/** One metric: a bar for each system, the best first. */
function panel(result: Result, row: Row, x: number, y: number): string[] {
  const places = ranked(row)
  const values = places.map((id) => row.figures[id]?.median ?? 0).filter((value) => value > 0)
  const axis = logAxis(Math.min(...values) / 2, Math.max(...values), x + 150, x + panelWidth - 90)
  const parts = [
    words({ x: x + 16, y: y + 22, text: `${titleOf(row, result.counts)}, ${row.unit}`, size: 13, isBold: true }),
  ]
  for (const [at, id] of places.entries()) {
    const top = y + 34 + at * panelStep
    const value = row.figures[id]?.median ?? 0
    const label = result.columns.find((column) => column.id === id)?.label ?? id
    const isOwn = id === "fixpoint"
    const end = Math.max(x + 152, axis(Math.max(value, Number.MIN_VALUE)))
    parts.push(words({ x: x + 142, y: top + 12, text: label, size: 11, anchor: "end", isBold: isOwn }))
    parts.push(
      box({ x: x + 150, y: top + 2, width: end - x - 150, height: panelStep - 5 }, `rx="2" fill="${colourOf(id)}"`),
    )
    parts.push(words({ x: end + 6, y: top + 12, text: short(value), size: 11, isBold: isOwn }))
  }
  return parts
}

/** The metrics of one subject, two side by side. */
function subjectPicture(result: Result, title: string, rows: readonly Row[]): string {
  const parts = [
    words({ x: 16, y: 30, text: title, size: 18, isBold: true }),
    words({ x: 16, y: 48, text: `Shorter is better; bars are logarithmic. ${from(result)}.`, colour: faint }),
  ]
  let y = 60
  for (let at = 0; at < rows.length; at += 2) {
    const pair = rows.slice(at, at + 2)
    for (const [column, row] of pair.entries()) parts.push(...panel(result, row, column * panelWidth, y))
    y += Math.max(...pair.map(panelHeight))
  }
  return picture(2 * panelWidth, y, parts)
}

/** A picture for each subject, by the subject's id. */
export function subjectPictures(result: Result): ReadonlyMap<string, string> {
  const pictures = new Map<string, string>()
  for (const { id, title, scenarios } of subjects) {
    const rows = result.rows.filter(
      (row) => scenarios.some((one) => one.id === row.scenario) && row.figures["fixpoint"],
    )
    if (rows.length > 0) pictures.set(id, subjectPicture(result, title, rows))
  }
  return pictures
}
