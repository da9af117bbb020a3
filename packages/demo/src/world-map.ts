/** The map: a grid, a light for each stored city, and marks for what a search found. Owns: the grid and the marks. */
import type { City } from "./cities.ts"
import { byId } from "./dom.ts"
import { Lights } from "./lights.ts"
import { fitView, type MapView, onCanvas, placeAt, placeOnCanvas } from "./map-view.ts"
import { projectTurn } from "./projection.ts"

/** What the map tells. */
export interface MapEvents {
  pick(place: { lon: number; lat: number }): void
}

/** A part of the world between two parallels and two meridians. */
export interface Area {
  readonly south: number
  readonly north: number
  readonly west: number
  readonly east: number
}

/** What is marked: found cities, the chosen one, and the area that was searched. */
export interface Marks {
  readonly found: readonly City[]
  readonly chosen: City | undefined
  readonly area: Area | undefined
}

/** The map of one page. */
export class WorldMap {
  readonly #grid = byId("grid", HTMLCanvasElement)
  readonly #marks = byId("marks", HTMLCanvasElement)
  readonly #canvas = byId("lights", HTMLCanvasElement)
  readonly #lights: Lights
  #view: MapView = fitView(1, 1, 1)
  #marked: Marks = { found: [], chosen: undefined, area: undefined }

  constructor(events: MapEvents) {
    this.#lights = new Lights(this.#canvas, this.#view)
    new ResizeObserver(() => this.redraw()).observe(this.#canvas)
    this.#canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      const place = placeAt(this.#view, offsetX, offsetY)
      if (place) events.pick(place)
    })
  }

  /** Lights the points of a tile that is not there yet. */
  add(id: string, points: Uint8Array): void {
    this.#lights.add(id, points)
  }

  /** Replaces the marks. */
  mark(marks: Marks): void {
    this.#marked = marks
    this.#drawMarks()
  }

  /** Draws all anew: another size or other colours. */
  redraw(): void {
    this.#view = fitView(this.#canvas.clientWidth, this.#canvas.clientHeight, Math.min(2, devicePixelRatio))
    for (const canvas of [this.#grid, this.#marks]) {
      canvas.width = this.#view.width
      canvas.height = this.#view.height
    }
    this.#lights.redraw(this.#view, isDark(this.#canvas))
    this.#drawGrid()
    this.#drawMarks()
  }

  /** Meridians and parallels, every 30 degrees. */
  #drawGrid(): void {
    const context = this.#grid.getContext("2d")
    if (!context) return
    const path = new Path2D()
    const trace = (place: (share: number) => [number, number]) => {
      for (let step = 0; step <= 60; step++) {
        const [x, y] = onCanvas(this.#view, place(step / 60))
        if (step === 0) path.moveTo(x, y)
        else path.lineTo(x, y)
      }
    }
    for (let lat = -60; lat <= 60; lat += 30) trace((share) => projectTurn(360 * share - 180, lat))
    for (let turn = -180; turn <= 180; turn += 30) trace((share) => projectTurn(turn, 180 * share - 90))
    context.lineWidth = this.#view.ratio
    context.strokeStyle = getComputedStyle(this.#grid).color
    context.stroke(path)
  }

  #drawMarks(): void {
    const context = this.#marks.getContext("2d")
    if (!context) return
    const { found, chosen, area } = this.#marked
    const { width, height, ratio } = this.#view
    const style = getComputedStyle(this.#marks)
    context.clearRect(0, 0, width, height)
    context.strokeStyle = style.color
    context.lineWidth = 1.25 * ratio
    if (area) this.#frame(context, area)
    for (const { loc } of found) this.#ring(context, loc, 3.4)
    if (!chosen) return
    context.lineWidth = 2 * ratio
    this.#ring(context, chosen.loc, 8)
    this.#label(context, chosen, style)
  }

  #frame(context: CanvasRenderingContext2D, { south, north, west, east }: Area): void {
    const corners = [
      { lon: west, lat: north },
      { lon: east, lat: north },
      { lon: east, lat: south },
      { lon: west, lat: south },
    ]
    context.beginPath()
    for (const corner of corners) context.lineTo(...placeOnCanvas(this.#view, corner))
    context.closePath()
    context.stroke()
  }

  #ring(context: CanvasRenderingContext2D, loc: City["loc"], radius: number): void {
    const [x, y] = placeOnCanvas(this.#view, loc)
    context.beginPath()
    context.arc(x, y, radius * this.#view.ratio, 0, 2 * Math.PI)
    context.stroke()
  }

  #label(context: CanvasRenderingContext2D, { loc, name }: City, style: CSSStyleDeclaration): void {
    const [x, y] = placeOnCanvas(this.#view, loc)
    const { ratio, width } = this.#view
    context.font = `650 ${14 * ratio}px ${style.fontFamily}`
    const wide = context.measureText(name).width
    const away = 14 * ratio
    const left = x + away + wide > width ? x - away - wide : x + away
    context.lineJoin = "round"
    context.lineWidth = 5 * ratio
    context.strokeStyle = style.outlineColor
    context.strokeText(name, left, y + 5 * ratio)
    context.fillStyle = style.color
    context.fillText(name, left, y + 5 * ratio)
  }
}

/** Whether an element is shown in dark colours. */
function isDark(element: Element): boolean {
  const scheme = getComputedStyle(element).colorScheme
  return scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)
}
