/** Distances and hits among pipes as plain numbers; no drawing. Metres, x east, y north, z up. */

export type Point3 = [number, number, number]
/** One straight piece of a pipe with half its extent across and upright. */
export type Piece = { from: Point3; to: Point3; half_width: number; half_height: number }
export type Ray = { from: Point3; to: Point3 }

const sub = (a: Point3, b: Point3): Point3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const dot = (a: Point3, b: Point3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const at = (a: Point3, d: Point3, t: number): Point3 => [a[0] + d[0] * t, a[1] + d[1] * t, a[2] + d[2] * t]
const clamp = (t: number): number => Math.min(1, Math.max(0, t))

/**
 * Nearest places of two line pieces, as shares of each (Ericson, Real-Time Collision Detection, 2005, 5.1.9).
 * With all z = 0 it is the distance seen from above.
 */
export function nearestShares(a: Ray, b: Ray): [number, number] {
  const [d1, d2, r] = [sub(a.to, a.from), sub(b.to, b.from), sub(a.from, b.from)]
  const [aa, ee, f] = [dot(d1, d1), dot(d2, d2), dot(d2, r)]
  if (aa === 0) return [0, ee === 0 ? 0 : clamp(f / ee)]
  const c = dot(d1, r)
  if (ee === 0) return [clamp(-c / aa), 0]
  const b12 = dot(d1, d2)
  const denominator = aa * ee - b12 * b12
  let s = denominator > 1e-12 * aa * ee ? clamp((b12 * f - c * ee) / denominator) : 0
  let t = (b12 * s + f) / ee
  if (t < 0) {
    t = 0
    s = clamp(-c / aa)
  } else if (t > 1) {
    t = 1
    s = clamp((b12 - c) / aa)
  }
  return [s, t]
}

/**
 * How far along the ray (0 … 1) it passes a piece within its half size, never less than `reach(share)`; null where it
 * misses.
 */
export function hitShare(
  ray: Ray,
  piece: Piece,
  reach: (share: number) => number,
): { share: number; off: number } | null {
  const [s, t] = nearestShares(ray, piece)
  const p = at(ray.from, sub(ray.to, ray.from), s)
  const q = at(piece.from, sub(piece.to, piece.from), t)
  const off = Math.hypot(...sub(p, q))
  const size = Math.max(piece.half_width, piece.half_height)
  return off <= Math.max(size, reach(s)) ? { share: s, off: Math.max(0, off - size) } : null
}

export type Clearance = {
  /** Between the outer walls seen from above, 0 where they cross; and between top and bottom where they are nearest. */
  horizontal_m: number
  vertical_m: number
  /** The axes where they are nearest. */
  from: Point3
  to: Point3
}

/** Clear distances between two pipes where they come nearest seen from above, as the trade measures 净距. */
export function clearance(a: readonly Piece[], b: readonly Piece[]): Clearance | null {
  let best: (Clearance & { plan: number; upright: number }) | null = null
  for (const one of a)
    for (const other of b) {
      const flat = ({ from, to }: Piece): Ray => ({ from: [from[0], from[1], 0], to: [to[0], to[1], 0] })
      const [s, t] = nearestShares(flat(one), flat(other))
      const from = at(one.from, sub(one.to, one.from), s)
      const to = at(other.from, sub(other.to, other.from), t)
      const plan = Math.hypot(from[0] - to[0], from[1] - to[1])
      const upright = Math.abs(from[2] - to[2])
      if (best && (plan > best.plan + 1e-9 || (Math.abs(plan - best.plan) <= 1e-9 && upright >= best.upright))) continue
      best = {
        plan,
        upright,
        horizontal_m: Math.max(0, plan - one.half_width - other.half_width),
        vertical_m: Math.max(0, upright - one.half_height - other.half_height),
        from,
        to,
      }
    }
  if (!best) return null
  const { horizontal_m, vertical_m, from, to } = best
  return { horizontal_m, vertical_m, from, to }
}

/** Height of a grid of heights at a place, bilinear; beyond the rim that of the rim. */
export function heightOn(
  grid: { columns: number; rows: number; z: readonly number[] },
  half: readonly [number, number],
  x: number,
  y: number,
): number {
  const u = clamp((x / half[0] + 1) / 2) * (grid.columns - 1)
  const v = clamp((y / half[1] + 1) / 2) * (grid.rows - 1)
  const [i, j] = [Math.min(grid.columns - 2, Math.floor(u)), Math.min(grid.rows - 2, Math.floor(v))]
  const z = (column: number, row: number) => grid.z[row * grid.columns + column] ?? 0
  const low = z(i, j) + (z(i + 1, j) - z(i, j)) * (u - i)
  const high = z(i, j + 1) + (z(i + 1, j + 1) - z(i, j + 1)) * (u - i)
  return low + (high - low) * (v - j)
}
