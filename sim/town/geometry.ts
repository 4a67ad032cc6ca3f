/** Plane geometry in metres. Polygons are open rings (first point not repeated), counter-clockwise. */

export type P = readonly [number, number]

export const sub = (a: P, b: P): P => [a[0] - b[0], a[1] - b[1]]
export const add = (a: P, b: P): P => [a[0] + b[0], a[1] + b[1]]
export const scale = (a: P, k: number): P => [a[0] * k, a[1] * k]
export const dot = (a: P, b: P): number => a[0] * b[0] + a[1] * b[1]
export const cross = (a: P, b: P): number => a[0] * b[1] - a[1] * b[0]
export const distance = (a: P, b: P): number => Math.hypot(a[0] - b[0], a[1] - b[1])
export const lerp = (a: P, b: P, t: number): P => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
export function unit(a: P): P {
  const l = Math.hypot(a[0], a[1])
  return l > 0 ? [a[0] / l, a[1] / l] : [1, 0]
}
/** The normal on the right hand of a direction. */
export const right = (d: P): P => [d[1], -d[0]]

export function area(polygon: readonly P[]): number {
  let sum = 0
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) sum += cross(polygon[j]!, polygon[i]!)
  return sum / 2
}

export function centroid(polygon: readonly P[]): P {
  let [x, y, a] = [0, 0, 0]
  const o = polygon[0]!
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const p = sub(polygon[j]!, o)
    const q = sub(polygon[i]!, o)
    const c = cross(p, q)
    a += c
    x += (p[0] + q[0]) * c
    y += (p[1] + q[1]) * c
  }
  return a === 0 ? o : [o[0] + x / (3 * a), o[1] + y / (3 * a)]
}

export function inside(p: P, polygon: readonly P[]): boolean {
  let odd = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[i]!
    const b = polygon[j]!
    if (a[1] > p[1] !== b[1] > p[1] && p[0] < ((b[0] - a[0]) * (p[1] - a[1])) / (b[1] - a[1]) + a[0]) odd = !odd
  }
  return odd
}

export type Box = [number, number, number, number]
export function box(points: readonly P[]): Box {
  const b: Box = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    if (x < b[0]) b[0] = x
    if (y < b[1]) b[1] = y
    if (x > b[2]) b[2] = x
    if (y > b[3]) b[3] = y
  }
  return b
}

export function lineLength(line: readonly P[]): number {
  let sum = 0
  for (let i = 1; i < line.length; i++) sum += distance(line[i - 1]!, line[i]!)
  return sum
}

/** The point `at` metres along a line, with the direction there. */
export function along(line: readonly P[], at: number): { point: P; direction: P } {
  let left = at
  for (let i = 1; i < line.length; i++) {
    const l = distance(line[i - 1]!, line[i]!)
    if (left <= l || i === line.length - 1) {
      const t = l > 0 ? Math.max(0, Math.min(1, left / l)) : 0
      return { point: lerp(line[i - 1]!, line[i]!, t), direction: unit(sub(line[i]!, line[i - 1]!)) }
    }
    left -= l
  }
  return { point: line[0]!, direction: [1, 0] }
}

/** The nearest point of a line and how far away it is. */
export function nearestOn(line: readonly P[], p: P): { distance: number; at: number; point: P } {
  let best = { distance: Infinity, at: 0, point: line[0]! }
  let walked = 0
  for (let i = 1; i < line.length; i++) {
    const a = line[i - 1]!
    const b = line[i]!
    const d = sub(b, a)
    const l2 = dot(d, d)
    const t = l2 > 0 ? Math.max(0, Math.min(1, dot(sub(p, a), d) / l2)) : 0
    const q = lerp(a, b, t)
    const far = distance(p, q)
    if (far < best.distance) best = { distance: far, at: walked + t * Math.sqrt(l2), point: q }
    walked += Math.sqrt(l2)
  }
  return best
}

/** A line moved `off` metres to its right (negative: left), mitred at bends. */
export function offsetLine(line: readonly P[], off: number): P[] {
  return line.map((p, i) => {
    const before = i > 0 ? unit(sub(p, line[i - 1]!)) : null
    const after = i < line.length - 1 ? unit(sub(line[i + 1]!, p)) : null
    const n1 = right((before ?? after)!)
    const n2 = right((after ?? before)!)
    const n = unit(add(n1, n2))
    return add(p, scale(n, off / Math.max(0.5, dot(n, n1))))
  })
}

/**
 * A polygon shrunk by `by[i]` metres at the edge from point i to i + 1. Null where nothing sound is left:
 * the result must run the same way round, keep to the inside and hold at least `area_min` m².
 */
export function inset(polygon: readonly P[], by: readonly number[], area_min = 60): P[] | null {
  const n = polygon.length
  const out: P[] = []
  for (let i = 0; i < n; i++) {
    const h = (i + n - 1) % n
    const p = polygon[i]!
    const d1 = unit(sub(p, polygon[h]!))
    const d2 = unit(sub(polygon[(i + 1) % n]!, p))
    const n1: P = [-d1[1], d1[0]]
    const n2: P = [-d2[1], d2[0]]
    const turn = cross(d1, d2)
    if (Math.abs(turn) < 0.25) {
      const k = Math.max(by[h]!, by[i]!)
      out.push(add(p, scale(unit(add(n1, n2)), k)))
      continue
    }
    const a = add(p, scale(n1, by[h]!))
    const b = add(p, scale(n2, by[i]!))
    const t = cross(sub(b, a), d2) / turn
    out.push(add(a, scale(d1, t)))
  }
  // A moved corner that came too close to some other edge has been eaten up: it falls out.
  const kept = out.filter(
    (p, k) =>
      inside(p, polygon) &&
      polygon.every(
        (a, i) => i === k || i === (k + n - 1) % n || segmentDistance(p, a, polygon[(i + 1) % n]!) > by[i]! - 0.02,
      ),
  )
  return kept.length >= 3 && area(kept) >= area_min && simple(kept) ? kept : null
}

export function segmentDistance(p: P, a: P, b: P): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const l2 = dx * dx + dy * dy
  const t = l2 > 0 ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / l2)) : 0
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)
}

/** True where two polygons share ground. */
export function overlaps(a: readonly P[], b: readonly P[]): boolean {
  const [ax0, ay0, ax1, ay1] = box(a)
  const [bx0, by0, bx1, by1] = box(b)
  if (ax0 > bx1 || bx0 > ax1 || ay0 > by1 || by0 > ay1) return false
  if (a.some((p) => inside(p, b)) || b.some((p) => inside(p, a))) return true
  return a.some((p, i) => b.some((q, j) => crosses(p, a[(i + 1) % a.length]!, q, b[(j + 1) % b.length]!)))
}

/** True where no two edges cross. */
export function simple(polygon: readonly P[]): boolean {
  const n = polygon.length
  for (let i = 0; i < n; i++)
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue
      if (crosses(polygon[i]!, polygon[i + 1]!, polygon[j]!, polygon[(j + 1) % n]!)) return false
    }
  return true
}

export function crosses(a: P, b: P, c: P, d: P): boolean {
  const ab = sub(b, a)
  const cd = sub(d, c)
  return cross(ab, sub(c, a)) * cross(ab, sub(d, a)) < 0 && cross(cd, sub(a, c)) * cross(cd, sub(b, c)) < 0
}

/** Intervals of x in which the horizontal line at y runs inside the polygon. */
export function spans(polygon: readonly P[], y: number): [number, number][] {
  const xs: number[] = []
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[j]!
    const b = polygon[i]!
    if (a[1] > y !== b[1] > y) xs.push(a[0] + ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]))
  }
  xs.sort((p, q) => p - q)
  const out: [number, number][] = []
  for (let i = 0; i + 1 < xs.length; i += 2) out.push([xs[i]!, xs[i + 1]!])
  return out
}

export function meet(a: [number, number][], b: [number, number][]): [number, number][] {
  const out: [number, number][] = []
  for (const p of a)
    for (const q of b) {
      const low = Math.max(p[0], q[0])
      const high = Math.min(p[1], q[1])
      if (high > low) out.push([low, high])
    }
  return out
}

/** Turns points by the angle whose cosine and sine are given. */
export const turn = (p: P, c: number, s: number): P => [p[0] * c - p[1] * s, p[0] * s + p[1] * c]
