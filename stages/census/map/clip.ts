/**
 * Lines and rings in tile units: cut at a box and made simpler. A line is a flat list x0, y0, x1, y1 …; the tile is
 * 0 … extent with a buffer round it.
 */

export type Flat = number[]

/** The parts of a line inside low … high in both directions (Liang–Barsky for each segment), joined where they meet. */
export function clipLine(line: Flat, low: number, high: number): Flat[] {
  const parts: Flat[] = []
  let part: Flat | null = null
  for (let i = 2; i < line.length; i += 2) {
    const [ax, ay, bx, by] = [line[i - 2]!, line[i - 1]!, line[i]!, line[i + 1]!]
    const [dx, dy] = [bx - ax, by - ay]
    let from = 0
    let to = 1
    let outside = false
    for (let side = 0; side < 4; side++) {
      const slope = side === 0 ? -dx : side === 1 ? dx : side === 2 ? -dy : dy
      const room = side === 0 ? ax - low : side === 1 ? high - ax : side === 2 ? ay - low : high - ay
      if (slope === 0) {
        if (room < 0) outside = true
      } else if (slope < 0) {
        if (room / slope > from) from = room / slope
      } else if (room / slope < to) to = room / slope
    }
    if (outside || from > to) {
      part = null
      continue
    }
    if (part === null || from > 0) {
      part = [from === 0 ? ax : ax + from * dx, from === 0 ? ay : ay + from * dy]
      parts.push(part)
    }
    part.push(to === 1 ? bx : ax + to * dx, to === 1 ? by : ay + to * dy)
    if (to < 1) part = null
  }
  return parts
}

/** A ring cut at the box (Sutherland–Hodgman); empty where nothing is left. First and last position are equal. */
export function clipRing(ring: Flat, low: number, high: number): Flat {
  let points = ring
  for (let side = 0; side < 4 && points.length > 0; side++) {
    const axis = side >> 1
    const limit = side % 2 === 0 ? low : high
    const sign = side % 2 === 0 ? 1 : -1
    const room = (i: number) => sign * (points[i + axis]! - limit)
    const next: Flat = []
    for (let i = 0; i < points.length; i += 2) {
      const j = (i + 2) % points.length
      const [here, there] = [room(i), room(j)]
      if (here >= 0) next.push(points[i]!, points[i + 1]!)
      if (here >= 0 !== there >= 0) {
        const t = here / (here - there)
        next.push(
          axis === 0 ? limit : points[i]! + t * (points[j]! - points[i]!),
          axis === 1 ? limit : points[i + 1]! + t * (points[j + 1]! - points[i + 1]!),
        )
      }
    }
    points = next
  }
  if (points.length < 6) return []
  if (points[0] !== points.at(-2) || points[1] !== points.at(-1)) points.push(points[0]!, points[1]!)
  return points
}

/** Ramer–Douglas–Peucker: no position left out lies further than `tolerance` from the line that is kept. */
export function simplify(line: Flat, tolerance: number): Flat {
  const n = line.length / 2
  if (n <= 2 || tolerance <= 0) return line
  const keep = new Uint8Array(n)
  keep[0] = keep[n - 1] = 1
  const spans = [0, n - 1]
  const limit = tolerance * tolerance
  while (spans.length > 0) {
    const last = spans.pop()!
    const first = spans.pop()!
    let worst = limit
    let at = -1
    for (let i = first + 1; i < last; i++) {
      const away = squaredDistance(line, i, first, last)
      if (away > worst) {
        worst = away
        at = i
      }
    }
    if (at < 0) continue
    keep[at] = 1
    spans.push(first, at, at, last)
  }
  const simple: Flat = []
  for (let i = 0; i < n; i++) if (keep[i] === 1) simple.push(line[2 * i]!, line[2 * i + 1]!)
  return simple
}

function squaredDistance(line: Flat, i: number, first: number, last: number): number {
  const [px, py] = [line[2 * i]!, line[2 * i + 1]!]
  let [x, y] = [line[2 * first]!, line[2 * first + 1]!]
  const [dx, dy] = [line[2 * last]! - x, line[2 * last + 1]! - y]
  const squared = dx * dx + dy * dy
  if (squared > 0) {
    const t = Math.min(1, Math.max(0, ((px - x) * dx + (py - y) * dy) / squared))
    x += t * dx
    y += t * dy
  }
  return (px - x) ** 2 + (py - y) ** 2
}
