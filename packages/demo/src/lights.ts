/**
 * The lights of the map, one for each stored city. Owns: the canvas they are on, and how much light has fallen on each pixel.
 * Invariant: no step takes longer than a few milliseconds; what is left waits for the next frame.
 */
import { eachPoint } from "./cities.ts"
import { type Blot, blots, day, night, ramp } from "./lamps.ts"
import { type MapView, placeOnCanvas } from "./map-view.ts"

const frameMs = 5
/** Pixels for a unit of the projection, at which the lamps have their full light. */
const usualScale = 190
/** Rows of pixels that are painted between two looks at the clock. */
const bandRows = 32

interface Box {
  left: number
  upper: number
  right: number
  lower: number
}

const nothing = (): Box => ({ left: Infinity, upper: Infinity, right: 0, lower: 0 })

/** The lights on one canvas. */
export class Lights {
  readonly #canvas: HTMLCanvasElement
  readonly #tiles = new Map<string, Uint8Array>()
  #view: MapView
  #waiting: Uint8Array[] = []
  #dirty = nothing()
  #light = new Float32Array(0)
  #blots: readonly Blot[] = []
  #colors: Uint32Array = new Uint32Array(0)
  #asked = 0

  constructor(canvas: HTMLCanvasElement, view: MapView) {
    this.#canvas = canvas
    this.#view = view
  }

  /** Lights the points of a tile that is not there yet. */
  add(id: string, points: Uint8Array): void {
    if (this.#tiles.has(id)) return
    this.#tiles.set(id, points)
    this.#waiting.push(points)
    this.#ask()
  }

  /** Draws all anew: another size or other colours. */
  redraw(view: MapView, dark: boolean): void {
    this.#view = view
    this.#canvas.width = view.width
    this.#canvas.height = view.height
    this.#blots = blots(view.ratio, Math.min(1, (view.scale / view.ratio / usualScale) ** 1.5))
    this.#colors = ramp(dark ? night : day)
    this.#light = new Float32Array(view.width * view.height)
    this.#dirty = nothing()
    this.#waiting = [...this.#tiles.values()]
    this.#ask()
  }

  #ask(): void {
    if (this.#asked === 0) this.#asked = requestAnimationFrame(() => this.#frame())
  }

  #frame(): void {
    this.#asked = 0
    const until = performance.now() + frameMs
    while (this.#waiting.length > 0 && performance.now() < until) this.#shine(this.#waiting.shift() ?? new Uint8Array())
    do this.#paintBand()
    while (this.#dirty.upper < this.#dirty.lower && performance.now() < until)
    if (this.#waiting.length > 0 || this.#dirty.upper < this.#dirty.lower) this.#ask()
  }

  #shine(points: Uint8Array): void {
    const { width, height } = this.#view
    const light = this.#light
    const dirty = this.#dirty
    eachPoint(points, (lon, lat, digits) => {
      const [x, y] = placeOnCanvas(this.#view, { lon, lat })
      const blot = this.#blots[Math.min(digits, 7)]
      if (!blot) return
      const left = Math.round(x) - blot.radius
      const upper = Math.round(y) - blot.radius
      const side = blot.radius * 2 + 1
      if (left < 0 || left + side > width || upper < 0 || upper + side > height) return
      for (let row = 0; row < side; row++) {
        const line = (upper + row) * width + left
        for (let column = 0; column < side; column++)
          light[line + column] = (light[line + column] ?? 0) + (blot.weights[row * side + column] ?? 0)
      }
      dirty.left = Math.min(dirty.left, left)
      dirty.upper = Math.min(dirty.upper, upper)
      dirty.right = Math.max(dirty.right, left + side)
      dirty.lower = Math.max(dirty.lower, upper + side)
    })
  }

  /** Paints the uppermost rows of what has changed. */
  #paintBand(): void {
    const { left, upper, right, lower } = this.#dirty
    const context = this.#canvas.getContext("2d")
    if (!context || upper >= lower) return
    const rows = Math.min(bandRows, lower - upper)
    const wide = right - left
    const image = context.createImageData(wide, rows)
    const pixels = new Uint32Array(image.data.buffer)
    for (let row = 0; row < rows; row++) {
      const line = (upper + row) * this.#view.width + left
      for (let column = 0; column < wide; column++) {
        const value = this.#light[line + column] ?? 0
        if (value > 0.004) pixels[row * wide + column] = this.#colors[Math.round((255 * value) / (value + 1.6))] ?? 0
      }
    }
    context.putImageData(image, left, upper)
    this.#dirty.upper = upper + rows
    if (upper + rows >= lower) this.#dirty = nothing()
  }
}
