import type { Clearance, Cross, Crossing } from "./ask.ts"

/** What is drawn of one crossing: heights are metres above the datum, or below a ground of 0 where there is no datum. */
export type Shape = {
  index: number
  crossing: Crossing
  top: number
  bottom: number
  width_m: number
  box: boolean
  /** Its depth is not known: it stands where there is room, and says so. */
  deep_unknown: boolean
  size_unknown: boolean
}
export type CrossLayout = {
  shapes: Shape[]
  /** Ground at an offset, and whether a survey says so. */
  ground(offset_m: number): { height: number; known: boolean }
  ground_points: { offset_m: number; height: number; known: boolean }[]
  /** False where nothing has a height above the datum: depths alone are drawn. */
  datum: boolean
  high: number
  low: number
}

/** Where a pipe of unknown depth is put, and how large one of unknown size, m: only so that it can be seen. */
const unknown_depth_m = 1
const unknown_size_m = 0.2

export function crossLayout(cross: Cross): CrossLayout {
  const known = cross.ground.flatMap((g) => (g.ground_m === null ? [] : [{ offset_m: g.offset_m, height: g.ground_m }]))
  if (known.length === 0)
    known.push(
      ...cross.crossings.flatMap((c) => (c.ground_m === null ? [] : [{ offset_m: c.offset_m, height: c.ground_m }])),
    )
  known.sort((a, b) => a.offset_m - b.offset_m)
  const heights = cross.crossings.flatMap((c) => (c.top_m === null ? [] : [c.top_m]))
  const datum = known.length > 0 || heights.length > 0
  const fallback = known.length === 0 && heights.length > 0 ? Math.max(...heights) + unknown_depth_m : 0
  const step = cross.ground.length > 1 ? cross.ground[1]!.offset_m - cross.ground[0]!.offset_m : 1
  const ground = (offset_m: number) => {
    if (known.length === 0) return { height: fallback, known: false }
    const after = known.findIndex((p) => p.offset_m >= offset_m)
    if (after === 0) return { height: known[0]!.height, known: known[0]!.offset_m - offset_m <= step }
    if (after < 0) return { height: known.at(-1)!.height, known: offset_m - known.at(-1)!.offset_m <= step }
    const [a, b] = [known[after - 1]!, known[after]!]
    const share = (offset_m - a.offset_m) / (b.offset_m - a.offset_m || 1)
    return { height: a.height + (b.height - a.height) * share, known: b.offset_m - a.offset_m <= 2.5 * step }
  }
  const shapes = cross.crossings.map((crossing, index): Shape => {
    const width = crossing.width_mm ?? crossing.diameter_mm
    const tall = crossing.height_mm ?? width
    const at = ground(crossing.offset_m).height
    const top =
      crossing.top_m ??
      (crossing.cover_m !== null
        ? at - crossing.cover_m
        : crossing.invert_m !== null
          ? crossing.invert_m + size(tall)
          : null)
    const shown = top ?? at - unknown_depth_m
    return {
      index,
      crossing,
      top: shown,
      bottom: shown - size(tall),
      width_m: size(width),
      box: crossing.width_mm !== null,
      deep_unknown: top === null,
      size_unknown: width === null,
    }
  })
  const offsets = [0, ...cross.ground.map((g) => g.offset_m), cross.length_m]
  const ground_points = [...new Set(offsets)]
    .sort((a, b) => a - b)
    .map((offset_m) => ({ offset_m, ...ground(offset_m) }))
  const bottoms = [...shapes.map((s) => s.bottom), ...cross.manholes.flatMap((m) => m.bottom_m ?? [])]
  const high = Math.max(...ground_points.map((g) => g.height), ...shapes.map((s) => s.top))
  const low = Math.min(high - 1.5, ...bottoms, ...ground_points.map((g) => g.height - 1.5))
  return { shapes, ground, ground_points, datum, high, low }
}
const size = (mm: number | null): number => (mm === null ? unknown_size_m : mm / 1000)

/** What of a clearance is judged, and against which least distance; null where no rule speaks of it. */
export function judged(c: Clearance): { how: "horizontal" | "vertical"; is_m: number | null; least_m: number } | null {
  if (c.rule_horizontal_m === null || c.rule_vertical_m === null) return null
  const side = c.horizontal_m > 0 && (c.parallel || c.horizontal_m >= c.rule_horizontal_m)
  return side
    ? { how: "horizontal", is_m: c.horizontal_m, least_m: c.rule_horizontal_m }
    : { how: "vertical", is_m: c.vertical_m, least_m: c.rule_vertical_m }
}

/** Steps of an axis of about `wanted` ticks: 1, 2 or 5 times a power of ten. */
export function ticks(from: number, to: number, wanted: number): number[] {
  const rough = (to - from) / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(rough || 1))
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough) ?? power
  const out: number[] = []
  for (let v = Math.ceil(from / step) * step; v <= to + step * 1e-6; v += step) out.push(Number(v.toFixed(6)))
  return out
}

/**
 * Puts labels of one width beside each other, in order, each as near to its place as the others let it (least squares:
 * neighbours that push each other share their mean); null if they do not fit.
 */
export function spread(places: readonly number[], width: number, from: number, to: number): number[] | null {
  if (places.length * width > to - from) return null
  const blocks: { sum: number; count: number }[] = []
  for (const [i, place] of places.entries()) {
    blocks.push({ sum: place - i * width, count: 1 })
    for (let last = blocks.length - 1; last > 0; last--) {
      const [a, b] = [blocks[last - 1]!, blocks[last]!]
      if (a.sum / a.count <= b.sum / b.count) break
      blocks.splice(last - 1, 2, { sum: a.sum + b.sum, count: a.count + b.count })
    }
  }
  const least = from + width / 2
  const most = to - width / 2 - (places.length - 1) * width
  let i = 0
  return blocks.flatMap(({ sum, count }) => {
    const start = Math.min(most, Math.max(least, sum / count))
    return Array.from({ length: count }, () => start + width * i++)
  })
}
