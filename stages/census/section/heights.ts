/** Heights of a pipe somewhere along it, from what a survey said of its ends. What nobody measured stays null. */
import type { Attributes } from "../../../model/index.ts"

/** How sure a height is: at a surveyed point; straight between two of them or one depth for the whole line; not known. */
export type Sure = "measured" | "interpolated" | "unknown"

/** Sizes, mm; null where the census has none. Walls are not in a survey: the nominal size counts as the outer one. */
export type Size = { diameter_mm: number | null; width_mm: number | null; height_mm: number | null }

/** Heights above the datum of the city and depths below the ground, m. Cover is ground to top. */
export type Heights = {
  ground_m: number | null
  top_m: number | null
  centre_m: number | null
  invert_m: number | null
  cover_m: number | null
  sure: Sure
}

/** Cuts nearer to a surveyed end than this take its heights as measured, m. */
const at_end_m = 0.05

export const numberOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null

export function sizeOf(attributes: Attributes): Size {
  const positive = (id: string) => {
    const value = numberOf(attributes[id])
    return value !== null && value > 0 ? value : null
  }
  const [width_mm, height_mm] = [positive("width_mm"), positive("height_mm")]
  return { diameter_mm: width_mm === null ? positive("diameter_mm") : null, width_mm, height_mm }
}

/** Width and height in metres; null where the size is unknown. */
export const extentOf = ({ diameter_mm, width_mm, height_mm }: Size): { width_m: number; height_m: number } | null => {
  const width = width_mm ?? diameter_mm
  return width === null ? null : { width_m: width / 1000, height_m: (height_mm ?? width) / 1000 }
}

/**
 * Heights at `along_m` of a line of `length_m`. `gravity`: surveyed heights and depths are of the invert, else of the top
 * (CJJ 61 practice). `ground` are the heights of the ground at the line's two end points, where they were surveyed.
 */
export function heightsAt(
  attributes: Attributes,
  options: {
    along_m: number
    length_m: number
    gravity: boolean
    ground?: readonly [number | null, number | null]
  },
): Heights {
  const { along_m, length_m, gravity } = options
  const share = length_m > 0 ? Math.min(1, Math.max(0, along_m / length_m)) : 0
  const end = Math.min(along_m, length_m - along_m) <= at_end_m ? (share < 0.5 ? 0 : 1) : null
  const between = (from: number | null, to: number | null): number | null => {
    if (end !== null) return end === 0 ? from : to
    return from === null || to === null ? null : from + (to - from) * share
  }
  const pair = (from: string, to: string) =>
    [numberOf(attributes[from]), numberOf(attributes[to])] as [number | null, number | null]
  const elevation = pair("from_elevation_m", "to_elevation_m")
  const depth = pair("from_depth_m", "to_depth_m")
  const grounds = ([0, 1] as const).map(
    (i) => options.ground?.[i] ?? (elevation[i] !== null && depth[i] !== null ? elevation[i]! + depth[i]! : null),
  )
  const ground_m = between(grounds[0]!, grounds[1]!)
  const whole = numberOf(attributes.depth_m)
  const deep = between(...depth) ?? whole
  const high = between(...elevation) ?? (ground_m !== null && deep !== null ? ground_m - deep : null)
  const extent = extentOf(sizeOf(attributes))
  const tall = extent?.height_m ?? null
  const top_m = high === null ? null : gravity ? (tall === null ? null : high + tall) : high
  const invert_m = high === null ? null : gravity ? high : tall === null ? null : high - tall
  const cover =
    top_m !== null && ground_m !== null
      ? ground_m - top_m
      : deep === null
        ? null
        : gravity
          ? tall === null
            ? null
            : deep - tall
          : deep
  const known = high !== null || deep !== null
  const single = between(...elevation) === null && between(...depth) === null
  return {
    ground_m: rounded(ground_m),
    top_m: rounded(top_m),
    centre_m: rounded(top_m !== null && invert_m !== null ? (top_m + invert_m) / 2 : null),
    invert_m: rounded(invert_m),
    cover_m: rounded(cover),
    sure: !known ? "unknown" : end !== null && !single ? "measured" : "interpolated",
  }
}

/** Millimetres are what a survey can say. */
export const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1000) / 1000
