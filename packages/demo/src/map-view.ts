/** How the world lies on a canvas: its scale, and the way from places to pixels and back. Pure geometry. */
import { halfWidth, project, projectTurn, unproject } from "./projection.ts"

const [, north] = projectTurn(0, 78)
const [, south] = projectTurn(0, -56)

/** A canvas in pixels of the screen, with the world in its middle. */
export interface MapView {
  readonly width: number
  readonly height: number
  /** Pixels of the screen for one of CSS. */
  readonly ratio: number
  /** Pixels for a unit of the projection. */
  readonly scale: number
}

/** The view of a canvas whose size is given in CSS pixels. */
export function fitView(cssWidth: number, cssHeight: number, ratio: number): MapView {
  const width = Math.max(1, Math.round(cssWidth * ratio))
  const height = Math.max(1, Math.round(cssHeight * ratio))
  return { width, height, ratio, scale: Math.min((width * 0.97) / (2 * halfWidth), (height * 0.94) / (north - south)) }
}

/** Height of the canvas' upper edge on the plane. */
const upperEdge = ({ height, scale }: MapView): number => (north + south) / 2 + height / 2 / scale

/** Where a point of the plane is on the canvas. */
export const onCanvas = (view: MapView, [x, y]: readonly [number, number]): [x: number, y: number] => [
  view.width / 2 + x * view.scale,
  (upperEdge(view) - y) * view.scale,
]

/** Where a place is on the canvas. */
export const placeOnCanvas = (view: MapView, { lon, lat }: { readonly lon: number; readonly lat: number }) =>
  onCanvas(view, project(lon, lat))

/** The place under a point of the canvas, given in CSS pixels; undefined outside of the world. */
export const placeAt = (view: MapView, cssX: number, cssY: number): { lon: number; lat: number } | undefined =>
  unproject((cssX * view.ratio - view.width / 2) / view.scale, upperEdge(view) - (cssY * view.ratio) / view.scale)
