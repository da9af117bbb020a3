/** How a city shines: the shape of its blot and the colours from no light to a metropolis. Pure numbers. */

type Color = readonly [red: number, green: number, blue: number, alpha: number]

/** By night the cities are lamps. */
export const night: readonly Color[] = [
  [200, 96, 30, 0],
  [178, 92, 38, 120],
  [226, 132, 48, 205],
  [250, 184, 92, 240],
  [255, 226, 168, 255],
  [255, 250, 238, 255],
]

/** By day they are ink on paper. */
export const day: readonly Color[] = [
  [96, 118, 156, 0],
  [104, 124, 158, 120],
  [74, 96, 138, 195],
  [46, 66, 110, 230],
  [26, 40, 78, 250],
  [14, 22, 48, 255],
]

/** 256 colours between the stops, as pixels of an ImageData. */
export function ramp(stops: readonly Color[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const at = (level / 255) * (stops.length - 1)
    const from = stops[Math.floor(at)] as Color
    const to = stops[Math.ceil(at)] as Color
    const mix = (part: 0 | 1 | 2 | 3) => Math.round(from[part] + (to[part] - from[part]) * (at % 1))
    return ((mix(3) << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0)) >>> 0
  })
}

/** A round blot of light: weights of a square of pixels. */
export interface Blot {
  readonly radius: number
  readonly weights: Float32Array
}

const strengths = [0.34, 0.34, 0.36, 0.42, 0.6, 1.1, 2.4, 4.5]

/**
 * The blots of cities by the number of digits of their population, for a density of pixels. The smaller the map the more
 * cities share a pixel: `share` of the light is left to each.
 */
export function blots(ratio: number, share: number): Blot[] {
  return strengths.map((full, digits) => {
    const strength = full * share
    const sigma = (0.42 + 0.12 * Math.max(0, digits - 3)) * ratio
    const radius = Math.ceil(sigma * 2)
    const side = radius * 2 + 1
    const weights = Float32Array.from({ length: side * side }, (_, index) => {
      const x = (index % side) - radius
      const y = Math.floor(index / side) - radius
      return strength * Math.exp(-(x * x + y * y) / (2 * sigma * sigma))
    })
    return { radius, weights }
  })
}
