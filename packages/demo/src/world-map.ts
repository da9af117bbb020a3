/**
 * The map: every stored city as a light, and marks for what a search found. Owns: its two canvases.
 * Invariant: adding lights never holds the page for longer than a few milliseconds; what is left waits for the next frame.
 */
import { type City, eachPoint } from "./cities.ts"
import { blots, day, night, ramp, type Blot } from "./lamps.ts"
import { halfWidth, project, projectTurn, unproject } from "./projection.ts"

const [, north] = projectTurn(0, 78)
const [, south] = projectTurn(0, -56)
const frameMs = 5
/** Pixels for a unit of the projection, at which the lamps have their full light. */
const usualScale = 190

/** What the map tells. */
export interface MapEvents {
  pick(place: { lon: number; lat: number }): void
}

/** The map of one page. */
export class WorldMap {
  readonly #lights: HTMLCanvasElement
  readonly #marks: HTMLCanvasElement
  readonly #tiles = new Map<string, Uint8Array>()
  #waiting: Uint8Array[] = []
  #light = new Float32Array(0)
  #blots: readonly Blot[] = []
  #ratio = 1
  #width = 0
  #height = 0
  #scale = 1
  #asked = 0
  #found: readonly City[] = []
  #chosen: City | undefined

  constructor(lights: HTMLCanvasElement, marks: HTMLCanvasElement, events: MapEvents) {
    this.#lights = lights
    this.#marks = marks
    new ResizeObserver(() => this.redraw()).observe(lights)
    lights.addEventListener("click", (event) => {
      const x = (event.offsetX * this.#ratio - this.#width / 2) / this.#scale
      const place = unproject(x, this.#top - (event.offsetY * this.#ratio) / this.#scale)
      if (place) events.pick(place)
    })
  }

  /** Lights the points of a tile that is not there yet. */
  add(id: string, points: Uint8Array): void {
    if (this.#tiles.has(id)) return
    this.#tiles.set(id, points)
    this.#waiting.push(points)
    this.#ask()
  }

  /** Rings around what a search found, and a named one around the chosen city. */
  mark(found: readonly City[], chosen: City | undefined): void {
    this.#found = found
    this.#chosen = chosen
    this.#drawMarks()
  }

  /** Draws all anew: another size or other colours. */
  redraw(): void {
    this.#ratio = Math.min(2, devicePixelRatio)
    this.#width = Math.max(1, Math.round(this.#lights.clientWidth * this.#ratio))
    this.#height = Math.max(1, Math.round(this.#lights.clientHeight * this.#ratio))
    for (const canvas of [this.#lights, this.#marks]) {
      canvas.width = this.#width
      canvas.height = this.#height
    }
    this.#scale = Math.min((this.#width * 0.97) / (2 * halfWidth), (this.#height * 0.94) / (north - south))
    this.#blots = blots(this.#ratio, Math.min(1, (this.#scale / this.#ratio / usualScale) ** 1.5))
    this.#light = new Float32Array(this.#width * this.#height)
    this.#waiting = [...this.#tiles.values()]
    this.#ask()
    this.#drawMarks()
  }

  /** Height of the canvas' upper edge on the plane. */
  get #top(): number {
    return (north + south) / 2 + this.#height / 2 / this.#scale
  }

  #onCanvas([x, y]: readonly [number, number]): [x: number, y: number] {
    return [this.#width / 2 + x * this.#scale, (this.#top - y) * this.#scale]
  }

  #ask(): void {
    if (this.#asked === 0) this.#asked = requestAnimationFrame(() => this.#frame())
  }

  #frame(): void {
    this.#asked = 0
    const until = performance.now() + frameMs
    do {
      const points = this.#waiting.shift()
      if (points) this.#shine(points)
    } while (this.#waiting.length > 0 && performance.now() < until)
    this.#paint()
    if (this.#waiting.length > 0) this.#ask()
  }

  #shine(points: Uint8Array): void {
    const width = this.#width
    const light = this.#light
    eachPoint(points, (lon, lat, digits) => {
      const [x, y] = this.#onCanvas(project(lon, lat))
      const blot = this.#blots[Math.min(digits, 7)]
      if (!blot) return
      const left = Math.round(x) - blot.radius
      const upper = Math.round(y) - blot.radius
      const side = blot.radius * 2 + 1
      if (left < 0 || left + side > width || upper < 0 || upper + side > this.#height) return
      for (let row = 0; row < side; row++) {
        const line = (upper + row) * width + left
        for (let column = 0; column < side; column++)
          light[line + column] = (light[line + column] ?? 0) + (blot.weights[row * side + column] ?? 0)
      }
    })
  }

  #paint(): void {
    const context = this.#lights.getContext("2d")
    if (!context || this.#width < 2) return
    const dark = isDark(this.#lights)
    const colors = ramp(dark ? night : day)
    const image = context.createImageData(this.#width, this.#height)
    const pixels = new Uint32Array(image.data.buffer)
    const light = this.#light
    for (let at = 0; at < light.length; at++) {
      const value = light[at] ?? 0
      if (value > 0.004) pixels[at] = colors[Math.round(255 * (value / (value + 1.6)))] ?? 0
    }
    const sheet = new OffscreenCanvas(this.#width, this.#height)
    sheet.getContext("2d")?.putImageData(image, 0, 0)
    context.clearRect(0, 0, this.#width, this.#height)
    this.#drawGrid(context, dark)
    context.drawImage(sheet, 0, 0)
  }

  /** Meridians and parallels, every 30 degrees. */
  #drawGrid(context: CanvasRenderingContext2D, dark: boolean): void {
    const path = new Path2D()
    const trace = (place: (share: number) => [number, number]) => {
      for (let step = 0; step <= 60; step++) {
        const [x, y] = this.#onCanvas(place(step / 60))
        if (step === 0) path.moveTo(x, y)
        else path.lineTo(x, y)
      }
    }
    for (let lat = -60; lat <= 60; lat += 30) trace((share) => projectTurn(360 * share - 180, lat))
    for (let turn = -180; turn <= 180; turn += 30) trace((share) => projectTurn(turn, 180 * share - 90))
    context.lineWidth = this.#ratio
    context.strokeStyle = dark ? "rgb(150 175 220 / 0.10)" : "rgb(40 60 100 / 0.10)"
    context.stroke(path)
  }

  #drawMarks(): void {
    const context = this.#marks.getContext("2d")
    if (!context) return
    const style = getComputedStyle(this.#marks)
    context.clearRect(0, 0, this.#width, this.#height)
    context.strokeStyle = style.color
    context.lineWidth = 1.25 * this.#ratio
    for (const { loc } of this.#found) this.#ring(context, loc, 3.4)
    if (!this.#chosen) return
    context.lineWidth = 2 * this.#ratio
    this.#ring(context, this.#chosen.loc, 8)
    this.#label(context, this.#chosen, style)
  }

  #ring(context: CanvasRenderingContext2D, { lon, lat }: City["loc"], radius: number): void {
    const [x, y] = this.#onCanvas(project(lon, lat))
    context.beginPath()
    context.arc(x, y, radius * this.#ratio, 0, 2 * Math.PI)
    context.stroke()
  }

  #label(context: CanvasRenderingContext2D, { loc, name }: City, style: CSSStyleDeclaration): void {
    const [x, y] = this.#onCanvas(project(loc.lon, loc.lat))
    const ratio = this.#ratio
    context.font = `600 ${14 * ratio}px ${style.fontFamily}`
    const wide = context.measureText(name).width
    const away = 14 * ratio
    const left = x + away + wide > this.#width ? x - away - wide : x + away
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
