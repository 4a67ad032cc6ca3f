import { type Context, type Ends, line_flag, lineKey, planLength, point_flag, pointKey } from "./context.ts"

/** Shorter lines have no direction worth a check, metres. */
const length_m_min = 0.5

/** Where more lines meet, branches may leave sharply; two that run into each other under less than this are one drawn twice. */
const branch_deg = 10

/** Two lines that meet at a point and fold back on each other (angle in plan). Said of the later of both lines. */
export function angle(c: Context, { start, ends }: Ends): void {
  const { points } = c.survey
  const said = new Set<number>()
  for (let p = 0; p < points.count; p++) {
    const degree = start[p + 1]! - start[p]!
    if (degree < 2 || c.point_flags[p]! & point_flag.place) continue
    const rays = Array.from(ends.subarray(start[p]!, start[p + 1]!))
      .filter((e) => (c.line_flags[e >> 1]! & line_flag.length) === 0 && planLength(c, e >> 1) >= length_m_min)
      .map((e) => ({ line: e >> 1, towards: direction(c, p, c.end_point[e ^ 1]!) }))
      .sort((a, b) => a.towards - b.towards)
    const limit = degree === 2 ? c.settings.angle_deg_min : Math.min(branch_deg, c.settings.angle_deg_min)
    rays.forEach((ray, k) => {
      const next = rays[(k + 1) % rays.length]!
      const turn = (next.towards - ray.towards + 360) % 360
      const degrees = Math.min(turn, 360 - turn)
      const i = Math.max(ray.line, next.line)
      if (ray.line === next.line || degrees >= limit || said.has(i)) return
      said.add(i)
      const other = Math.min(ray.line, next.line)
      c.sayLine(
        "angle",
        i,
        c.end_point[2 * i] === p ? "from_no" : "to_no",
        {
          zh: `在 ${pointKey(c, p)} 与 ${lineKey(c, other)} 的夹角 ${degrees.toFixed(1)}° 小于 ${limit}°`,
          en: `At ${pointKey(c, p)} it meets ${lineKey(c, other)} under ${degrees.toFixed(1)}°, less than ${limit}°`,
        },
        null,
        degrees.toFixed(1),
      )
    })
  }
}

const direction = (c: Context, from: number, to: number): number =>
  (Math.atan2(c.east[to]! - c.east[from]!, c.north[to]! - c.north[from]!) * 180) / Math.PI
