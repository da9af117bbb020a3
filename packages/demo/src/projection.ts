/** The Equal Earth projection, both ways, with a middle meridian whose edge cuts no land. Owns: the formulas. */

const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796] as const
const root = Math.sqrt(3) / 2
const radians = Math.PI / 180

/** The meridian in the middle of the map. */
export const middle = 11

/** Half the width of the world, in the units of the projection. */
export const halfWidth: number = Math.PI / (root * a1)

function slope(t: number): number {
  const t2 = t * t
  const t6 = t2 * t2 * t2
  return a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)
}

function height(t: number): number {
  const t2 = t * t
  const t6 = t2 * t2 * t2
  return t * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))
}

const wrap = (lon: number) => ((((lon + 180) % 360) + 360) % 360) - 180

/** Where a place is on the plane, `turn` degrees east of the middle meridian; north is positive. */
export function projectTurn(turn: number, lat: number): [x: number, y: number] {
  const t = Math.asin(root * Math.sin(lat * radians))
  return [(turn * radians * Math.cos(t)) / (root * slope(t)), height(t)]
}

/** Where a place is on the plane. */
export const project = (lon: number, lat: number): [x: number, y: number] => projectTurn(wrap(lon - middle), lat)

/** Which place is at a point of the plane; undefined outside of the world. */
export function unproject(x: number, y: number): { lon: number; lat: number } | undefined {
  let t = y / a1
  for (let step = 0; step < 12; step++) t -= (height(t) - y) / slope(t)
  const sine = Math.sin(t) / root
  const turn = (x * root * slope(t)) / Math.cos(t) / radians
  if (Math.abs(sine) > 1 || Math.abs(turn) > 180) return undefined
  return { lon: wrap(turn + middle), lat: Math.asin(sine) / radians }
}
