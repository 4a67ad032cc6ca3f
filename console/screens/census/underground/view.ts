/** Where one looks from and what is cut open, as the URL keeps it. */
import type { Search } from "../../../url.ts"

/** The place looked at, the distance to it (m), and two angles (degrees): from north, and from straight down. */
export type Look = { lon: number; lat: number; distance_m: number; azimuth_deg: number; polar_deg: number }
/** From where one looks first: near enough to see a main as a pipe. */
export const first_look = { distance_m: 70, azimuth_deg: 25, polar_deg: 55 }
export type DigShape = "none" | "circle" | "box" | "layer"
export type Dig = { shape: DigShape; radius_m: number; depth_m: number }
export type ClipAxis = "none" | "east" | "north" | "height"
/** `share` runs from one side of the box (0) to the other (1). */
export type Clip = { axis: ClipAxis; share: number }

export const sides_m = ["200", "400", "800", "1600"] as const
export type Side = (typeof sides_m)[number]

const number = (text: string | undefined, low: number, high: number, fallback: number): number => {
  const value = Number(text)
  return text && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : fallback
}

export function lookOf(text: string | undefined): Look | null {
  const parts = (text ?? "").split(",")
  const [lon, lat] = [Number(parts[0]), Number(parts[1])]
  if (parts.length < 2 || !Number.isFinite(lon) || !Number.isFinite(lat) || Math.abs(lon) > 180 || Math.abs(lat) > 85)
    return null
  return {
    lon,
    lat,
    distance_m: number(parts[2], 2, 5000, first_look.distance_m),
    azimuth_deg: number(parts[3], -360, 360, first_look.azimuth_deg),
    polar_deg: number(parts[4], 0, 170, first_look.polar_deg),
  }
}
export const lookText = ({ lon, lat, distance_m, azimuth_deg, polar_deg }: Look): string =>
  [lon.toFixed(6), lat.toFixed(6), distance_m.toFixed(1), azimuth_deg.toFixed(1), polar_deg.toFixed(1)].join()

const shapes: readonly DigShape[] = ["none", "circle", "box", "layer"]
export function digOf({ dig }: Search): Dig {
  const [shape, radius, depth] = (dig ?? "").split(",")
  return {
    shape: shapes.find((s) => s === shape) ?? "none",
    radius_m: number(radius, 1, 60, 8),
    depth_m: number(depth, 0.2, 15, 3),
  }
}
export const digText = ({ shape, radius_m, depth_m }: Dig): string | undefined =>
  shape === "none" ? undefined : [shape, radius_m, depth_m].join()

const axes: readonly ClipAxis[] = ["none", "east", "north", "height"]
export function clipOf({ clip }: Search): Clip {
  const [axis, share] = (clip ?? "").split(",")
  return { axis: axes.find((a) => a === axis) ?? "none", share: number(share, 0, 1, 0.5) }
}
export const clipText = ({ axis, share }: Clip): string | undefined =>
  axis === "none" ? undefined : `${axis},${share.toFixed(3)}`

export const sideOf = ({ side }: Search): Side => sides_m.find((s) => s === side) ?? "400"
/** How much of the ground is seen, 0 … 1. */
export const opacityOf = ({ sheet }: Search): number => number(sheet, 0, 1, 0.35)
